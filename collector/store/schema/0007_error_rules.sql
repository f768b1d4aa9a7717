-- How a fingerprint and a severity came about. `FingerprintOrigin` is what the fingerprint was made of: `stack`, `raw`,
-- `message`, `override` (the application said it) or `rule`, and then `FingerprintRule` is that rule. `Rules` are all
-- rules of the collector that did something to the event. `SpanStatus` is the status of the span that told of it.
ALTER TABLE {{ local('error_events') }}{{ on_cluster() }}
    ADD COLUMN IF NOT EXISTS SpanStatus LowCardinality(String) CODEC(ZSTD(1)) AFTER SpanKind,
    ADD COLUMN IF NOT EXISTS FingerprintOrigin LowCardinality(String) CODEC(ZSTD(1)) AFTER MessageFingerprint,
    ADD COLUMN IF NOT EXISTS FingerprintRule LowCardinality(String) CODEC(ZSTD(1)) AFTER FingerprintOrigin,
    ADD COLUMN IF NOT EXISTS Rules Array(LowCardinality(String)) CODEC(ZSTD(1)) AFTER FingerprintRule;

{% if cluster %}
ALTER TABLE {{ db }}.error_events{{ on_cluster() }}
    ADD COLUMN IF NOT EXISTS SpanStatus LowCardinality(String) AFTER SpanKind,
    ADD COLUMN IF NOT EXISTS FingerprintOrigin LowCardinality(String) AFTER MessageFingerprint,
    ADD COLUMN IF NOT EXISTS FingerprintRule LowCardinality(String) AFTER FingerprintOrigin,
    ADD COLUMN IF NOT EXISTS Rules Array(LowCardinality(String)) AFTER FingerprintRule;
{% endif %}
