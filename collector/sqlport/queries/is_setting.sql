SELECT count() > 0 FROM system.settings WHERE name = {setting:String}
