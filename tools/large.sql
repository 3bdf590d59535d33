-- What tools/large.py fills its database with, as the superuser: one statement after another, each under its name.
-- `%(…)s` are psycopg's: the tenant, and the numbers of large.Sizes.

-- == functions
-- Ids that sort by time, as the product makes them (RFC 9562, version 7), from a time and a salt; and tokens.
CREATE OR REPLACE FUNCTION pg_temp.seven(p_at timestamptz, p_salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || '7' || substr(md5(p_salt), 1, 3) || '8'
    || substr(md5(p_salt), 4, 15))::uuid
$$;
CREATE OR REPLACE FUNCTION pg_temp.token(p_kind text, p_n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '<' || p_kind || '_' || translate(upper(substr(md5(p_kind || p_n), 1, 9)), 'ILOU', '7890') || 'K>'
$$;

-- == made
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT n, at, pg_temp.seven(at, 'i' || n) AS incident_id, n > %(incidents)s - %(live)s AS live,
  CASE WHEN n %% 100 < 3 THEN 'critical' WHEN n %% 100 < 15 THEN 'error' WHEN n %% 100 < 60 THEN 'warning'
    ELSE 'info' END AS severity,
  s.source_id, s.name AS source, n %% 5 = 0 AS paged
FROM (SELECT n, now() - interval '180 days' * (1 - n::float8 / %(incidents)s) - interval '2 hours' AS at
  FROM generate_series(1, %(incidents)s) n) g
JOIN (SELECT source_id, name, row_number() OVER (ORDER BY name) - 1 AS place FROM sources WHERE tenant_id = %(tenant)s)
  s ON s.place = n %% 4

-- == people
INSERT INTO users (tenant_id, user_id, email, roles, created_at, seen_at, disabled_at)
SELECT %(tenant)s, pg_temp.seven(now() - interval '170 days', 'u' || i), 'p' || i || '@clinic.test',
  CASE i %% 10 WHEN 0 THEN '{privacy_officer,viewer}' WHEN 1 THEN '{reviewer,auditor}' WHEN 2 THEN '{operator}'
    ELSE '{viewer,responder}' END::text[],
  now() - interval '170 days', now() - i * interval '11 hours', CASE WHEN i %% 25 = 0 THEN now() - interval '9 days' END
FROM generate_series(1, %(people)s) i

-- == factors
INSERT INTO factors (tenant_id, user_id, factor_id, kind, name, secret, confirmed_at)
SELECT tenant_id, user_id, gen_random_uuid(), k, k, '', now() FROM users
CROSS JOIN unnest(ARRAY['password', 'totp', 'passkey', 'recovery', 'recovery', 'recovery']) k
WHERE tenant_id = %(tenant)s AND email LIKE 'p%%'

-- == sessions
INSERT INTO sessions (tenant_id, session_hash, user_id, kind, auth, ends_at)
SELECT tenant_id, sha256(convert_to(tenant_id::text || user_id || i, 'UTF8')), user_id, 'session', 'password, totp',
  now() + (3 - i) * interval '4 hours'
FROM users CROSS JOIN generate_series(1, %(sessions)s) i WHERE tenant_id = %(tenant)s AND email LIKE 'p%%'

-- == API tokens
INSERT INTO api_tokens (tenant_id, token_id, name, prefix, hash, roles, created_by, created_at, expires_at, revoked_at,
  used_at)
SELECT %(tenant)s, gen_random_uuid(), 'machine ' || i, 'avt_' || i, sha256(convert_to(%(tenant)s::text || i, 'UTF8')), '{viewer}',
  'p' || 1 + i %% %(people)s || '@clinic.test', now() - i * interval '8 hours', now() + (250 - i) * interval '1 day',
  CASE WHEN i %% 5 = 0 THEN now() END, now() - i * interval '1 minute' FROM generate_series(1, %(tokens)s) i

-- == incidents
INSERT INTO incidents SELECT %(tenant)s, m.incident_id, decode(md5('g' || n), 'hex'), true, m.source_id, m.source,
  CASE WHEN NOT live THEN 'resolved' WHEN n %% 10 < 6 THEN 'open' WHEN n %% 10 < 9 THEN 'acknowledged'
    ELSE 'investigating' END,
  m.severity, 'Eligibility check for ' || pg_temp.token('PERSON', n %% 40000) || ' stuck in queue ' || n %% 97,
  'Claim of member ' || pg_temp.token('MEMBER_ID', n %% 60000) || ' waits for the payer; callback at '
    || pg_temp.token('PHONE', n %% 60000) || '. Retries: 14.',
  json_build_object('alertname', 'Claim' || n %% 41, 'environment', 'prod', 'service', 'svc-' || n %% 23, 'severity',
    m.severity, 'instance', 'worker-' || n %% 12),
  '[["runbook", "https://runbooks.example/claims/stuck"]]', '[["service", "claims-api"], ["environment", "prod"]]',
  CASE WHEN live THEN 1 ELSE 2 END, 0, 1 + (n %% 7)::int, '{}',
  CASE WHEN severity IN ('critical', 'error') THEN %(told)s ELSE %(archived)s END::json, at, at + interval '90 seconds',
  CASE WHEN NOT live THEN at + interval '32 minutes' END, CASE WHEN NOT live THEN 'quiet' END
FROM made m

-- == incident_events
INSERT INTO incident_events SELECT %(tenant)s, incident_id, r, at + (r - 1) * interval '32 minutes',
  CASE r WHEN 1 THEN 'opened' ELSE 'auto-resolved: no alert for the quiet time' END,
  CASE r WHEN 1 THEN 'source' ELSE 'alertveil' END, NULL
FROM made CROSS JOIN generate_series(1, 2) r WHERE r = 1 OR NOT live

-- == alerts
INSERT INTO alerts SELECT %(tenant)s, incident_id, pg_temp.seven(at, 'a' || n), decode(md5('x' || n), 'hex'), 0,
  source_id, 'firing', severity,
  json_build_object('title', 'Eligibility check for ' || pg_temp.token('PERSON', n %% 40000) || ' stuck', 'description',
    'Claim of member ' || pg_temp.token('MEMBER_ID', n %% 60000), 'labels', json_build_object('alertname', 'Claim'
    || n %% 41, 'service', 'svc-' || n %% 23), 'details', json_build_object('retries', 14, 'trace', md5('t' || n)),
    'links', '[]'::json, 'starts_at', at),
  ARRAY[pg_temp.token('PERSON', n %% 40000), pg_temp.token('MEMBER_ID', n %% 60000)], at
FROM made

-- == deliveries
INSERT INTO deliveries (tenant_id, incident_id, channel_id, revision, destination_id, kind, state, attempts, tries,
  next_attempt_at, created_at, first_tried_at, done_at, reason)
SELECT %(tenant)s, incident_id, c.channel_id, r, c.destination_id, CASE r WHEN 1 THEN 'trigger' ELSE 'resolve' END,
  CASE WHEN n %% 500 = 7 THEN 'dead' ELSE 'delivered' END, 1, 1, at, at, at, at + interval '1 second',
  CASE WHEN n %% 500 = 7 THEN 'server_error' ELSE 'delivered' END
FROM made CROSS JOIN generate_series(1, 2) r CROSS JOIN channels c
WHERE c.tenant_id = %(tenant)s AND n > %(incidents)s - %(told_of)s AND (r = 1 OR NOT live)
  AND c.name IN ('oncall', 'clinic-ops', 'archive', 'pager') AND (c.name = 'archive' OR severity IN ('critical', 'error'))

-- == waiting deliveries
INSERT INTO deliveries (tenant_id, incident_id, channel_id, revision, destination_id, kind, next_attempt_at)
SELECT %(tenant)s, incident_id, c.channel_id, 3, c.destination_id, 'update', now() - interval '5 minutes'
FROM made JOIN channels c ON c.tenant_id = %(tenant)s AND c.name = 'pager' WHERE n > %(incidents)s - 20000

-- == attempts
INSERT INTO attempts SELECT tenant_id, incident_id, channel_id, revision, a, first_tried_at, 42.5,
  CASE WHEN state = 'dead' THEN 'rejected' WHEN a = 1 AND attempts = 2 THEN 'retry' ELSE 'delivered' END,
  CASE WHEN state = 'dead' THEN 'server_error' ELSE 'delivered' END, 200, 'tokens', 'no opt-in holds for this channel',
  false, 0 FROM deliveries CROSS JOIN generate_series(1, 1) a WHERE tenant_id = %(tenant)s AND state <> 'pending'

-- == an incident without end
WITH one AS (SELECT incident_id, source_id FROM made WHERE n = %(incidents)s),
changed AS (UPDATE incidents SET revision = %(revisions)s, count = %(alerts)s, severity = 'critical', status = 'open',
  told = %(told)s::json WHERE tenant_id = %(tenant)s AND incident_id = (SELECT incident_id FROM one)),
alerted AS (INSERT INTO alerts SELECT %(tenant)s, incident_id, pg_temp.seven(now() - interval '2 hours'
  + i * interval '0.5 seconds', 'z' || i), decode(md5('z' || i), 'hex'), 0, source_id, 'firing', 'critical',
  json_build_object('title', 'Eligibility check ' || i, 'description', 'For ' || pg_temp.token('PERSON', i),
    'labels', json_build_object('service', 'svc-' || i), 'details',
    (SELECT json_object_agg('field_' || k, 'value ' || k) FROM generate_series(1, 60) k), 'links', '[]'::json,
    'starts_at', now()),
  ARRAY[pg_temp.token('PERSON', i)], now() - interval '2 hours' + i * interval '0.5 seconds'
  FROM one CROSS JOIN generate_series(1, %(alerts)s) i),
told AS (INSERT INTO incident_events SELECT %(tenant)s, incident_id, r, now() - interval '2 hours' + r * interval '3 s',
  'another alert joined the incident', 'source', NULL FROM one CROSS JOIN generate_series(10, %(revisions)s) r),
sent AS (INSERT INTO deliveries (tenant_id, incident_id, channel_id, revision, destination_id, kind, state, attempts,
  tries, first_tried_at, done_at, reason) SELECT %(tenant)s, incident_id, c.channel_id, r, c.destination_id, 'update',
  'delivered', 1, 1, now() - interval '2 hours' + r * interval '3 s', now(), 'delivered' FROM one CROSS JOIN
  generate_series(10, %(revisions)s) r CROSS JOIN channels c WHERE c.tenant_id = %(tenant)s
  AND c.name IN ('oncall', 'clinic-ops', 'archive', 'pager'))
INSERT INTO attempts SELECT %(tenant)s, incident_id, c.channel_id, r, 1,
  now() - interval '2 hours' + r * interval '3 s', 40, 'delivered', 'delivered', 200, 'tokens',
  'no opt-in holds for this channel', false, 0
FROM one CROSS JOIN generate_series(10, %(revisions)s) r CROSS JOIN channels c WHERE c.tenant_id = %(tenant)s
  AND c.name IN ('oncall', 'clinic-ops', 'archive', 'pager')

-- == months of the audit
-- An installation of half a year has a partition for each of its months; a new one, for those to come.
DO $$
DECLARE
  month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  name text;
BEGIN
  FOR back IN 1 .. 6 LOOP
    name := 'events_' || to_char(month - back * interval '1 month', 'YYYY_MM');
    CONTINUE WHEN to_regclass('audit.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE audit.%%I (LIKE public.audit_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE audit.%%I OWNER TO alertveil_system', name);
    EXECUTE format('ALTER TABLE audit.%%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE audit.%%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON audit.%%I USING (tenant_id = (SELECT nullif(current_setting('
      '''app.tenant_id'', true), '''')::uuid))', name);
    EXECUTE format('GRANT SELECT ON audit.%%I TO alertveil_app, alertveil_auditor', name);
    EXECUTE format('ALTER TABLE public.audit_events ATTACH PARTITION audit.%%I FOR VALUES FROM (%%L) TO (%%L)', name,
      (month - back * interval '1 month') AT TIME ZONE 'UTC',
      (month - (back - 1) * interval '1 month') AT TIME ZONE 'UTC');
  END LOOP;
END $$

-- == audit events
INSERT INTO audit_events (tenant_id, at, event_id, actor, auth, action, object, decision, reason, request_id, details,
  mac, mac_version)
SELECT %(tenant)s, at, pg_temp.seven(at, 'e' || i), CASE WHEN i %% 10 < 3 THEN 'service:delivery' WHEN i %% 10 = 3
    THEN 'p' || i %% 60 || '@clinic.test through avt_' || i %% 60
    -- Some act much and some seldom; the last thirty never did.
    ELSE 'p' || (270 * power((i * 7919::bigint %% 1000003) / 1000003.0, 3))::int || '@clinic.test' END,
  'session', CASE WHEN i %% 10 < 3 THEN 'disclosure' WHEN i %% 7 = 0 THEN 'reveal' ELSE 'incident.ack' END,
  'incident:' || (SELECT incident_id FROM made WHERE n = %(incidents)s - i %% least(1000, %(incidents)s)),
  CASE WHEN i %% 50 = 7 THEN 'denied' ELSE 'allowed' END, 'triage of <PERSON_7K2M4QXW9R>', md5('r' || i),
  CASE WHEN i %% 10 < 3 THEN json_build_object('channel', c.ids[1 + i / 10 %% cardinality(c.ids)], 'revision', 2,
    'tokens', ARRAY['<PERSON_7K2M4QXW9R>']) ELSE json_build_object('tokens', ARRAY['<PERSON_7K2M4QXW9R>'], 'revision', 1)
    END, sha256(convert_to('m' || i, 'UTF8')), 1
FROM (SELECT i, now() - interval '179 days' * (1 - i::float8 / %(events)s) - interval '1 minute' AS at
  FROM generate_series(1, %(events)s) i) g,
  (SELECT array_agg(channel_id ORDER BY name) AS ids FROM channels WHERE tenant_id = %(tenant)s) c

-- == events about people
INSERT INTO audit_events (tenant_id, at, event_id, actor, auth, action, object, decision, reason, request_id, details,
  mac, mac_version)
SELECT %(tenant)s, at, pg_temp.seven(at, 'v' || i), 'p10@clinic.test', 'session', (ARRAY['user.add', 'user.roles',
    'user.disable', 'user.enable'])[1 + i %% 4],
  'user:' || (SELECT user_id FROM users WHERE tenant_id = %(tenant)s AND email = 'p' || 1 + i %% %(people)s || '@clinic.test'),
  'allowed', '', '', '{"roles": ["viewer"], "roles_before": ["responder"]}', '', 1
FROM (SELECT i, now() - i * interval '8 hours' AS at FROM generate_series(1, %(people)s) i) g

-- == rows of the chain
INSERT INTO audit_chain SELECT tenant_id, row_number() OVER (ORDER BY at, event_id) + coalesce((SELECT max(seq) FROM
  audit_chain WHERE tenant_id = %(tenant)s), 0), at, event_id, sha256(convert_to(event_id::text, 'UTF8')),
  sha256(convert_to(event_id::text || 't', 'UTF8')), 1 FROM audit_events e WHERE tenant_id = %(tenant)s
  AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.tenant_id = e.tenant_id AND c.event_id = e.event_id)

-- == checkpoints
INSERT INTO audit_checkpoints SELECT %(tenant)s, seq, at, 'checkpoint', '{}', '' FROM audit_chain
WHERE tenant_id = %(tenant)s AND seq %% 40 = 0

-- == values of the vault
INSERT INTO vault.entries (tenant_id, index_version, blind, token, kind, key_version, sealed, created_at)
SELECT DISTINCT ON (token) %(tenant)s, 1, sha256(convert_to(token, 'UTF8')), token, kind, 1, decode(repeat('00', 60),
  'hex'), now() - n %% 180 * interval '1 day'
FROM generate_series(1, %(values)s) n CROSS JOIN unnest(ARRAY['PERSON', 'MEMBER_ID', 'PHONE']) kind
CROSS JOIN LATERAL (SELECT pg_temp.token(kind, n) AS token) t

-- == disclosures
INSERT INTO disclosures (tenant_id, grant_id, token, at, kind, index_version, blind, actor, user_id, purpose, reason,
  incident_id, channel_id, vendor, optin_id)
SELECT %(tenant)s, pg_temp.seven(m.at, 'd' || m.n), t.token, m.at, CASE WHEN u.user_id IS NOT NULL THEN 'reveal'
    ELSE 'delivery' END, 1, sha256(convert_to(t.token, 'UTF8')), coalesce(u.email, 'service:delivery'), u.user_id,
  'treatment', 'triage', m.incident_id, CASE WHEN u.user_id IS NULL THEN c.ids[1 + m.n / 20 %% cardinality(c.ids)] END,
  CASE WHEN u.user_id IS NULL THEN 'Example' END,
  CASE WHEN u.user_id IS NULL THEN pg_temp.seven('epoch', 'o' || 1 + m.n / 20 %% %(optins)s) END
FROM made m CROSS JOIN LATERAL (SELECT pg_temp.token('PERSON', m.n %% 60000) AS token) t
LEFT JOIN users u ON m.n %% 80 = 0 AND u.tenant_id = %(tenant)s AND u.email = 'p' || m.n / 80 %% 250 || '@clinic.test',
  (SELECT array_agg(channel_id ORDER BY name) AS ids FROM channels WHERE tenant_id = %(tenant)s) c
WHERE m.n %% 20 = 0

-- == silences
INSERT INTO silences (tenant_id, silence_id, matchers, starts_at, ends_at, reason, created_by, created_at, settled_at,
  told)
SELECT %(tenant)s, pg_temp.seven(at, 's' || i), json_build_array('service=svc-' || i %% 23, 'instance=~"worker-' || i
    || '|db-' || i || '"'), at, at + interval '2 hours', 'maintenance of svc-' || i %% 23, 'p2@clinic.test', at,
  CASE WHEN i > 60 THEN at + interval '123 minutes' END, i %% 4
FROM (SELECT i, now() + (45 - i) * interval '2 hours' AS at FROM generate_series(1, %(silences)s) i) g

-- == kept quiet
INSERT INTO silenced SELECT s.tenant_id, s.silence_id, m.incident_id, 1 FROM silences s JOIN made m
  ON m.n > %(incidents)s - 3000 AND m.n %% 60 = extract(epoch FROM s.starts_at)::bigint / 7200 %% 60
WHERE s.tenant_id = %(tenant)s AND s.settled_at IS NULL AND s.starts_at < now()

-- == events of hooks
INSERT INTO hook_events (tenant_id, hook_id, event_id, type, subject, facts, at, sequence, state, attempts, tries,
  next_attempt_at, first_tried_at, done_at, reason, status)
SELECT h.tenant_id, h.hook_id, pg_temp.seven(m.at, h.name || m.n), 'incident.opened', m.incident_id,
  json_build_object('severity', m.severity), m.at, m.n, CASE WHEN m.n > %(incidents)s - 500 THEN 'pending'
    WHEN m.n %% 100 = 0 THEN 'dead' ELSE 'delivered' END, 1, 1, m.at, m.at, CASE WHEN m.n <= %(incidents)s - 500 THEN m.at
    END, 'delivered', 200
FROM hooks h JOIN made m ON m.n > %(incidents)s - %(told_to_hooks)s WHERE h.tenant_id = %(tenant)s

-- == opt-ins
INSERT INTO optins (tenant_id, optin_id, channel_id, identity, destination, types, lowest_severity, purpose, baa_id,
  requester, requested_via, requested_at, approver, approved_via, approved_at, bound_at, starts_at, ends_at, over_at,
  state, state_at, state_by)
SELECT c.tenant_id, pg_temp.seven('epoch', 'o' || i), c.channel_id, d.identity, c.name, '{PERSON,PHONE}', 'error',
  'triage by the team that owns ' || c.name, b.ids[1 + i %% cardinality(b.ids)], r.user_id, 'session', at, a.user_id,
  'session', at + interval '1 hour', at, at, least(at + interval '80 days',
    date_trunc('quarter', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '3 months 30 days'),
  CASE WHEN s.state IN ('expired', 'revoked', 'rejected') THEN at + interval '20 days' END, s.state,
  at + interval '1 hour', 'p10@clinic.test'
FROM generate_series(1, %(optins)s) i
CROSS JOIN LATERAL (SELECT CASE WHEN i <= 60 THEN 'active' WHEN i <= 80 THEN 'expiring' WHEN i <= 100 THEN 'requested'
  WHEN i <= 120 THEN 'suspended' WHEN i <= 420 THEN 'expired' WHEN i <= 470 THEN 'revoked' ELSE 'rejected' END AS state,
  now() - CASE WHEN i > 120 THEN (60 + i %% 90) * interval '1 day' ELSE interval '30 days' END AS at) s
JOIN (SELECT *, row_number() OVER (ORDER BY name) AS place FROM channels WHERE tenant_id = %(tenant)s) c
  ON c.place = 1 + i %% %(channels)s
JOIN destinations d ON d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id
JOIN users r ON r.tenant_id = c.tenant_id AND r.email = 'p' || 2 + i %% (%(people)s / 15) * 10 || '@clinic.test'
JOIN users a ON a.tenant_id = c.tenant_id AND a.email = 'p' || 10 + i %% (%(people)s / 15) * 10 || '@clinic.test',
  (SELECT array_agg(baa_id ORDER BY baa_id) AS ids FROM baas WHERE tenant_id = %(tenant)s) b

-- == changes of channels
INSERT INTO channel_changes (tenant_id, channel_id, version, at, actor, via, what, name, fields)
SELECT tenant_id, channel_id, 100000 + v, now() - v * interval '1 day', 'p2@clinic.test', 'page', 'change', name,
  '[["url", "URL", "https://a.example/old", "https://a.example/new", false]]'
FROM channels CROSS JOIN generate_series(1, %(changes)s) v WHERE tenant_id = %(tenant)s

-- == changes of the configuration
INSERT INTO config_changes (tenant_id, version, at, actor, changes)
SELECT %(tenant)s, 100000 + i, now() - i * interval '8 hours', 'p2@clinic.test', '["channel archive: changed"]'
FROM generate_series(1, %(people)s) i

-- == notes
INSERT INTO notes (tenant_id, incident_id, note_id, at, actor, text)
SELECT %(tenant)s, incident_id, pg_temp.seven(at, 'n' || n), at, 'p2@clinic.test', 'looked at the queue'
FROM made WHERE n %% 50 = 0

-- == threads
INSERT INTO threads (tenant_id, incident_id, destination_id, refs) SELECT %(tenant)s, m.incident_id, c.destination_id,
  '{"ts": "1"}' FROM made m JOIN channels c ON c.tenant_id = %(tenant)s AND c.name = 'archive'
WHERE n > %(incidents)s - %(told_of)s

-- == holds
INSERT INTO holds (tenant_id, hold_id, incident_id, reason, placed_by, lifted_at)
SELECT %(tenant)s, gen_random_uuid(), incident_id, 'a claim', 'p10@clinic.test', CASE WHEN n %% 2 = 0 THEN now() END
FROM made WHERE n %% 20000 = 17

-- == kept errors
INSERT INTO vault.errors (tenant_id, error_id, at, kind, tokens, key_version, sealed)
SELECT %(tenant)s, gen_random_uuid(), now() - i * interval '10 minutes', 'ValueError', '{}', 1, '' FROM
generate_series(1, %(errors)s) i

-- == answers kept for requests that come again
INSERT INTO api_answers (tenant_id, token_id, key_mac, request_mac, began_at, expires_at, status)
SELECT %(tenant)s, gen_random_uuid(), sha256(convert_to('k' || i, 'UTF8')), '', now() - i * interval '10 seconds',
  now() - i * interval '10 seconds' + interval '24 hours', 200 FROM generate_series(1, %(answers)s) i

-- == nonces
INSERT INTO edge_nonces (tenant_id, source_id, nonce, seen_at) SELECT tenant_id, source_id, md5('n' || i),
  now() - i * interval '20 milliseconds' FROM sources CROSS JOIN generate_series(1, %(nonces)s) i
WHERE tenant_id = %(tenant)s AND name = 'app'
