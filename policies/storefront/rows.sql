-- Rows for the storefront sample. Every person, product, number and address is invented.

BEGIN;

INSERT INTO customers (id, customer_no, email, name, phone, birthday, country, newsletter, referred_by, signed_up_at) OVERRIDING SYSTEM VALUE VALUES
    (1, 'C-000001', 'nora.fenwick@mail.test', 'Nora Fenwick', '+1 202 555 0101', '1990-05-17', 'US', true, NULL, '2024-03-01 12:00+00'),
    (2, 'C-000002', 'otto@mail.test', 'Otto Brandywine', NULL, NULL, 'DE', false, 1, '2024-06-11 08:00+00'),
    (3, 'C-000003', NULL, '千草 渚', '03-0070-0001', '2001-01-01', 'JP', true, 1, '2025-01-01 00:00+09'),
    (4, 'C-000004', 'nora.fenwick@mail.test', '', '', '1990-05-17', 'US', false, NULL, '2025-12-24 23:59:59.5+00');
SELECT setval(pg_get_serial_sequence('public.customers', 'id'), 4);

INSERT INTO addresses (id, customer_id, recipient, line1, line2, city, postcode, country) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 'Nora Fenwick', '1 Imaginary Lane', NULL, 'Nowhere', '00000', 'US'),
    (2, 3, '千草 渚', '架空町4-5-6', '灯台荘 201', '架空市', '000-0003', 'JP');
SELECT setval(pg_get_serial_sequence('public.addresses', 'id'), 2);

INSERT INTO categories (id, parent_id, name) VALUES (1, NULL, 'Everything'), (2, 1, 'Lamps'), (3, 1, '茶器');
INSERT INTO products (sku, category_id, title, description, price, attributes, listed) VALUES
    ('LAMP-01', 2, 'Desk lamp', 'Warm light; 5 W', 39.90, '{"colour": "brass", "watts": 5}', true),
    ('TEA-07', 3, '急須', NULL, 58.00, '{}', true),
    ('OLD-00', NULL, 'Not sold any more', '', 0.00, '{"tags": []}', false);
INSERT INTO coupons (code, percent, valid) VALUES ('HELLO10', 10, '[2025-01-01,2026-01-01)'), ('ALWAYS5', 5, NULL);

INSERT INTO orders (id, customer_id, ship_to_id, coupon_code, state, total, remote_address, gift_note, placed_at) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, 1, 'HELLO10', 'sent', 71.82, '198.51.100.23', 'For Aunt Maud, with love from Nora', '2025-11-02 18:00+00'),
    (2, 3, 2, NULL, 'paid', 58.00, '2001:db8::5', NULL, '2025-12-30 00:00+09'),
    (3, NULL, NULL, NULL, 'cart', 0, NULL, '', NULL);
SELECT setval(pg_get_serial_sequence('public.orders', 'id'), 3);
INSERT INTO order_lines (order_id, line_no, sku, quantity, unit_price, engraving) VALUES
    (1, 1, 'LAMP-01', 2, 39.90, 'N. F.'),
    (2, 1, 'TEA-07', 1, 58.00, NULL);
INSERT INTO payments (id, order_id, amount, card_last4, card_holder, provider_payload, paid_at) VALUES
    ('40000000-0000-4000-8000-000000000001', 1, 71.82, '0001', 'NORA FENWICK', '{"id": "pay_0001", "risk": {"score": 3}, "payer": {"email": "nora.fenwick@mail.test", "country": "US"}}', '2025-11-02 18:01+00'),
    ('40000000-0000-4000-8000-000000000002', 2, 58.00, NULL, NULL, NULL, '2025-12-30 00:01+09');
INSERT INTO reviews (id, sku, customer_id, stars, body, published) OVERRIDING SYSTEM VALUE VALUES
    (1, 'LAMP-01', 1, 5, 'Lovely light', true),
    (2, 'TEA-07', 3, 2, '電話ください 03-0070-0001', false);
SELECT setval(pg_get_serial_sequence('public.reviews', 'id'), 2);
INSERT INTO mail_log (id, recipient, subject, body, sent_at) OVERRIDING SYSTEM VALUE VALUES
    (1, 'nora.fenwick@mail.test', 'Your order 1', 'Dear Nora Fenwick, …', '2025-11-02 18:02+00');
SELECT setval(pg_get_serial_sequence('public.mail_log', 'id'), 1);
INSERT INTO flyway_history (installed_rank, version, description) VALUES (1, '1', 'init');

COMMIT;

REFRESH MATERIALIZED VIEW sales_by_country;
