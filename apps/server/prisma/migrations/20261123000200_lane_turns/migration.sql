-- The next turn and the place of a newcomer are read at every claim and every create: both are the first entry of an index, however
-- many people wait. (With 20,000 of 100,000 lanes waiting a claim had to sort all of them.)
DROP INDEX "lane_queued_vtime_idx";
CREATE INDEX lane_waiting ON "lane" (vtime, user_id) WHERE queued > 0;
CREATE INDEX lane_active ON "lane" (vtime) WHERE queued > 0 OR running > 0;
