-- Jobs whose content was removed long ago are forgotten.
CREATE INDEX jobs_without_content ON jobs (test, ended_at) WHERE files_removed_at IS NOT NULL AND settled_at IS NOT NULL;
