-- error_group_members(group = '<GroupId>'): the ids under which the group's events are stored, as GroupId: its own, and
-- those of all that was merged into it. The id of a merged group means the group that it is part of.
CREATE OR REPLACE VIEW {{ db }}.error_group_members{{ on_cluster() }} AS
{{ group_members('{group:String}') }};
