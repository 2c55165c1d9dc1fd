\set n random(1, @USERS@)
SELECT user_id AS u, grant_id AS g, gen_random_uuid() AS h, gen_random_uuid() AS t, gen_random_uuid() AS c FROM bench_user WHERE n = :n::int \gset
BEGIN;
UPDATE wallet SET available = available - 3, held = held + 3, version = version + 1
  WHERE user_id = :u::uuid AND available >= 3 AND debt = 0 AND (next_expiry IS NULL OR next_expiry > now())
    AND NOT EXISTS (SELECT 1 FROM hold WHERE id = :h::uuid) RETURNING version AS v \gset
SELECT id, kind, payment, dispute, priority, expires_at, created_at, amount, available, held, frozen, coalesce(expires_at <= now(), false) AS expired
  FROM credit_grant WHERE user_id = :u::uuid AND (available > 0 OR held > 0 OR frozen > 0) ORDER BY id;
INSERT INTO hold (id, user_id, amount, expires_at) VALUES (:h::uuid, :u::uuid, 3, now() + interval '900 seconds') ON CONFLICT DO NOTHING;
INSERT INTO hold_line (hold_id, grant_id, amount) VALUES (:h::uuid, :g::uuid, 3);
WITH txn AS (INSERT INTO ledger_txn (id, kind, ref, user_id, seq, actor, reason) VALUES (:t::uuid, 'hold', :h::text, :u::uuid, :v::bigint, 'system', 'bench')),
  lines AS (INSERT INTO ledger_entry (txn_id, n, account, user_id, grant_id, amount)
    VALUES (:t::uuid, 0, 'available', :u::uuid, :g::uuid, -3), (:t::uuid, 1, 'held', :u::uuid, :g::uuid, 3))
  UPDATE credit_grant SET available = available - 3, held = held + 3 WHERE id = :g::uuid;
COMMIT;
BEGIN;
SELECT user_id, amount, captured, state FROM hold WHERE id = :h::uuid;
SELECT available, held, frozen, debt, next_expiry, version AS w FROM wallet WHERE user_id = :u::uuid FOR UPDATE \gset
UPDATE hold SET state = 'captured', captured = 3, resolved_at = now() WHERE id = :h::uuid AND state = 'open';
SELECT g.id, g.kind, g.payment, g.dispute, g.priority, g.expires_at, g.created_at, g.amount, g.available, g.held, g.frozen,
    coalesce(g.expires_at <= now(), false) AS expired, l.amount AS line
  FROM hold_line l JOIN credit_grant g ON g.id = l.grant_id WHERE l.hold_id = :h::uuid ORDER BY g.id;
WITH txn AS (INSERT INTO ledger_txn (id, kind, ref, user_id, seq, actor, reason) VALUES (:c::uuid, 'capture', :h::text, :u::uuid, :w::bigint + 1, 'system', 'bench')),
  lines AS (INSERT INTO ledger_entry (txn_id, n, account, user_id, grant_id, amount)
    VALUES (:c::uuid, 0, 'held', :u::uuid, :g::uuid, -3), (:c::uuid, 1, 'spent', :u::uuid, :g::uuid, 3))
  UPDATE credit_grant SET held = held - 3 WHERE id = :g::uuid;
UPDATE wallet SET held = held - 3, version = version + 1,
    next_expiry = (SELECT min(expires_at) FROM credit_grant WHERE user_id = :u::uuid AND available > 0) WHERE user_id = :u::uuid;
COMMIT;
