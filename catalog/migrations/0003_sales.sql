-- How often a product was ordered: counted from order.created, each order once (see inbox).
CREATE TABLE product_sales (
  product_id uuid   PRIMARY KEY REFERENCES product (id),
  units      bigint NOT NULL CHECK (units > 0)
);
CREATE INDEX product_sales_units ON product_sales (units DESC, product_id DESC);
