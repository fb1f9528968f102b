CREATE TABLE wishlist (id uuid PRIMARY KEY);
