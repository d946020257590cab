-- What the gateway has told its operator about itself, and what it compares with at its next look: one row, as JSON.
CREATE TABLE operator_watch (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL
);
