-- What a reader needs to know to tell whether it shows what has changed: in which library it is, and what its state is.
ALTER TABLE changes ADD COLUMN library TEXT NOT NULL DEFAULT '';
ALTER TABLE changes ADD COLUMN state TEXT NOT NULL DEFAULT '';
