-- The language of the browser in which somebody signed in last (`en`, `es`), for mail that the proxy writes by itself.
ALTER TABLE member ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
