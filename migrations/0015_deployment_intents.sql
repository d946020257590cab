-- What is about to be done to a deployment is written before it is done, so that whoever comes next can finish it.

-- The end of the window that is being charged, from metered_until on.
ALTER TABLE deployments ADD COLUMN metering_until INTEGER;
-- Terms that its provider is being told of.
ALTER TABLE deployments ADD COLUMN pending TEXT;
