-- Which files a test key stored: it may delete those alone.
ALTER TABLE stored_objects ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
