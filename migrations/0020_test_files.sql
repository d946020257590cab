-- Jobs of test keys cost nothing, and would keep files without end: theirs are removed sooner.
CREATE INDEX jobs_of_tests_with_files ON jobs (ended_at) WHERE test = 1 AND files_removed_at IS NULL AND settled_at IS NOT NULL;
