-- Files of organizations that were deleted: the sweeper removes them.
ALTER TABLE stored_objects ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0;
CREATE INDEX stored_objects_given_up ON stored_objects (id) WHERE given_up = 1;
