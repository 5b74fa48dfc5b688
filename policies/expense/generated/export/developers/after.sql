-- Run after import.sql, as the tables' owner: looks for values that no mask can have given, says how many
-- rows are alone with what is kept of them, and refreshes what was computed from the old rows.
-- Run as: psql -X -f after.sql, with -v report=off to leave the report out. Safe to run again.
-- exports.noren:4  export developers

-- psql's own switches, whatever a start-up file made of them
\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT on
\set SINGLELINE off
\set SINGLESTEP off
\set FETCH_COUNT 0
\set ECHO none
\set ECHO_HIDDEN off
\set QUIET on
-- limits of this role or database that are meant for applications
SET statement_timeout = '0';
SET idle_in_transaction_session_timeout = '0';
SET default_transaction_read_only = 'off';
-- names mean what they mean here, and values are written and read back exactly
SET standard_conforming_strings = on;
SET search_path = pg_catalog, public, archive, pg_temp;
SET client_encoding = 'UTF8';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET timezone = 'UTC';
SET bytea_output = 'hex';
SET lc_monetary = 'C';
SET xmloption = 'content';
SET array_nulls = 'on';
SET transform_null_equals = 'off';
SET synchronize_seqscans = 'off';
SET row_security = 'off';
SET extra_float_digits = 1;
-- exports.noren:7  as importer
SET ROLE importer;

BEGIN;
ALTER TABLE public.bank_accounts NO FORCE ROW LEVEL SECURITY;

-- leak probes: no row may hold what its mask cannot have given; one scan a table
CREATE TEMPORARY TABLE pg_temp.noren_leak (
  name text,
  rows text
) ON COMMIT DROP;
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE
        WHEN NOT (
          split_part(t.customer::text COLLATE pg_catalog."C", ' ', 1)
            = ANY (
              ARRAY[
                '佐藤', '鈴木', '高橋', '田中', '伊藤', '渡辺', '山本', '中村', '小林', '加藤',
                '吉田', '山田', '佐々木', '山口', '松本', '井上', '木村', '林', '斎藤', '清水',
                '山崎', '森', '池田', '橋本', '阿部', '石川', '山下', '中島', '石井', '小川',
                '前田', '岡田', '長谷川', '藤田', '後藤', '近藤', '村上', '遠藤', '青木', '坂本',
                '斉藤', '福田', '太田', '西村', '藤井', '金子', '岡本', '藤原', '中野', '三浦',
                '原田', '中川', '松田', '竹内', '小野', '田村', '中山', '和田', '石田', '森田',
                '上田', '原', '内田', '柴田', '酒井', '宮崎', '横山', '高木', '安藤', '宮本',
                '大野', '小島', '谷口', '工藤', '今井', '高田', '増田', '丸山', '杉山', '村田',
                '大塚', '新井', '小山', '平野', '藤本', '河野', '上野', '野口', '武田', '松井',
                '千葉', '菅原', '岩崎', '久保', '木下', '佐野', '野村', '松尾', '菊地', '市川',
                '杉本', '古川', '大西', '島田', '水野', '桜井', '高野', '渡部', '吉川', '山内',
                '西田', '飯田', '菊池', '西川', '小松', '北村', '安田', '五十嵐', '川口', '平田',
                '関', '中田', '久保田', '服部', '東', '岩田', '土屋', '川崎'
              ]::text[]
            )
          AND split_part(t.customer::text COLLATE pg_catalog."C", ' ', 2)
            = ANY (
              ARRAY[
                '翔太', '大輔', '健太', '拓也', '直樹', '達也', '和也', '健一', '誠', '亮', '大樹',
                '翼', '蓮', '陽翔', '湊', '樹', '悠真', '大和', '陸', '颯太', '悠斗', '朝陽', '律',
                '蒼', '結翔', '隼人', '涼太', '雄大', '航', '駿', '智也', '裕太', '純一', '浩二',
                '隆', '修', '学', '茂', '進', '勇', '豊', '正樹', '秀樹', '博之', '和彦', '哲也',
                '英明', '光', '望', '薫', '司', '聡', '剛', '徹', '洋平', '康平', '圭介', '雅人',
                '貴之', '慎吾', '孝', '実', '昇', '清', '花子', '美咲', '陽菜', '結衣', 'さくら',
                '葵', '凛', '美月', '莉子', '七海', '彩', '愛', '美優', '優花', '千尋', '真央',
                '茜', '舞', '遥', '楓', '萌', '沙織', '麻衣', '友美', '智子', '恵子', '由美子',
                '裕子', '陽子', '洋子', '京子', '幸子', '和子', '久美子', '直美', '真由美', '明美',
                '香織', '恵', '美穂', '綾', '瞳', '早紀', '奈々', '桃子', '梨花', '琴音', '心春',
                '芽依', '咲良', '紬', '杏', '柚葉', '結菜', '美桜', '澪', '詩', '雫', '千夏',
                '美和', '典子', '純子', '順子', '理恵'
              ]::text[]
            )
          AND split_part(t.customer::text COLLATE pg_catalog."C", ' ', 3) = ''
        )
          THEN 1
      END
    ) AS customer,
    count(CASE WHEN NOT (t."Note" IS NULL) THEN 1 END) AS "Note"
  FROM ONLY archive.legacy_orders AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('archive.legacy_orders.customer', found.customer), ('archive.legacy_orders.Note', found."Note")
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(
      CASE WHEN NOT ((t."CardNumber"::text COLLATE pg_catalog."C") ~ '^[0-9a-f]{19}$') THEN 1 END
    ) AS "CardNumber"
  FROM ONLY public."CorporateCards" AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.CorporateCards.CardNumber', found."CardNumber")
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE
        WHEN NOT ((t.label::text COLLATE pg_catalog."C") = '(masked)'::varchar(60)::text) THEN 1
      END
    ) AS label,
    count(
      CASE WHEN NOT ((t.key_digest::text COLLATE pg_catalog."C") ~ '^[0-9a-f]{40}$') THEN 1 END
    ) AS key_digest
  FROM ONLY public.api_keys AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.api_keys.label', found.label), ('public.api_keys.key_digest', found.key_digest)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(CASE WHEN NOT (t.comment IS NULL) THEN 1 END) AS comment
  FROM ONLY public.approvals AS t
) AS found
CROSS JOIN LATERAL (VALUES ('public.approvals.comment', found.comment)) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE
        WHEN NOT (
          (t.id::text COLLATE pg_catalog."C")
            ~ '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
        )
          THEN 1
      END
    ) AS id,
    count(
      CASE
        WHEN NOT ((t.file_name::text COLLATE pg_catalog."C") = 'receipt.pdf'::varchar(120)::text)
          THEN 1
      END
    ) AS file_name,
    count(CASE WHEN NOT (t.content IS NULL) THEN 1 END) AS content,
    count(CASE WHEN NOT (t.checksum IS NULL) THEN 1 END) AS checksum,
    count(CASE WHEN NOT (t.ocr_text IS NULL) THEN 1 END) AS ocr_text
  FROM ONLY public.attachments AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.attachments.id', found.id), ('public.attachments.file_name', found.file_name),
  ('public.attachments.content', found.content), ('public.attachments.checksum', found.checksum),
  ('public.attachments.ocr_text', found.ocr_text)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.branch_code::text COLLATE pg_catalog."C") = '000'::char(3)::text) THEN 1 END
    ) AS branch_code,
    count(
      CASE
        WHEN NOT ((t.number::text COLLATE pg_catalog."C") = '0000000'::varchar(10)::text) THEN 1
      END
    ) AS number,
    count(
      CASE
        WHEN NOT ((t.holder_kana::text COLLATE pg_catalog."C") = 'メイギニン'::varchar(48)::text)
          THEN 1
      END
    ) AS holder_kana
  FROM ONLY public.bank_accounts AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.bank_accounts.branch_code', found.branch_code),
  ('public.bank_accounts.number', found.number),
  ('public.bank_accounts.holder_kana', found.holder_kana)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(
      CASE WHEN NOT ((t.merchant::text COLLATE pg_catalog."C") = 'A company'::text::text) THEN 1 END
    ) AS merchant
  FROM public.card_transactions AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.card_transactions.merchant', found.merchant)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.name::text COLLATE pg_catalog."C") = 'A company'::text::text) THEN 1 END
    ) AS name,
    count(CASE WHEN NOT (t.name_kana IS NULL) THEN 1 END) AS name_kana,
    count(
      CASE
        WHEN NOT (
          (t.contact_email::text COLLATE pg_catalog."C") ~ '^u[0-9a-f]{16}@example[.]invalid$'
        )
          THEN 1
      END
    ) AS contact_email
  FROM ONLY public.companies AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.companies.name', found.name), ('public.companies.name_kana', found.name_kana),
  ('public.companies.contact_email', found.contact_email)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(
      CASE
        WHEN NOT ((t.description::text COLLATE pg_catalog."C") = '(masked)'::text::text) THEN 1
      END
    ) AS description
  FROM ONLY public.expense_items AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.expense_items.description', found.description)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(
      CASE WHEN NOT ((t.title::text COLLATE pg_catalog."C") = '(masked)'::text::text) THEN 1 END
    ) AS title
  FROM ONLY public.expense_reports AS t
) AS found
CROSS JOIN LATERAL (VALUES ('public.expense_reports.title', found.title)) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.payee::text COLLATE pg_catalog."C") = 'A company'::text::text) THEN 1 END
    ) AS payee,
    count(CASE WHEN NOT (t.attendees IS NULL) THEN 1 END) AS attendees,
    count(
      CASE
        WHEN NOT (
          t.tags IS NULL
          OR ((t.tags::text COLLATE pg_catalog."C") = ('{}'::text[])::text[]::text) IS TRUE
        )
          THEN 1
      END
    ) AS tags,
    count(CASE WHEN NOT (t.memo IS NULL) THEN 1 END) AS memo
  FROM ONLY public.expenses AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.expenses.payee', found.payee), ('public.expenses.attendees', found.attendees),
  ('public.expenses.tags', found.tags), ('public.expenses.memo', found.memo)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(CASE WHEN NOT (t."desc" IS NULL) THEN 1 END) AS "desc",
    count(CASE WHEN NOT (t.ship_to IS NOT DISTINCT FROM NULL) THEN 1 END) AS ship_to
  FROM ONLY public."order" AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.order.desc', found."desc"), ('public.order.ship_to', found.ship_to)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE
        WHEN NOT ((t.email::text COLLATE pg_catalog."C") ~ '^u[0-9a-f]{16}@example[.]invalid$')
          THEN 1
      END
    ) AS email,
    count(
      CASE
        WHEN NOT (
          (t.backup_email::text COLLATE pg_catalog."C") ~ '^u[0-9a-f]{16}@example[.]invalid$'
        )
          THEN 1
      END
    ) AS backup_email,
    count(
      CASE
        WHEN NOT (
          split_part(t.name::text COLLATE pg_catalog."C", ' ', 1)
            = ANY (
              ARRAY[
                '佐藤', '鈴木', '高橋', '田中', '伊藤', '渡辺', '山本', '中村', '小林', '加藤',
                '吉田', '山田', '佐々木', '山口', '松本', '井上', '木村', '林', '斎藤', '清水',
                '山崎', '森', '池田', '橋本', '阿部', '石川', '山下', '中島', '石井', '小川',
                '前田', '岡田', '長谷川', '藤田', '後藤', '近藤', '村上', '遠藤', '青木', '坂本',
                '斉藤', '福田', '太田', '西村', '藤井', '金子', '岡本', '藤原', '中野', '三浦',
                '原田', '中川', '松田', '竹内', '小野', '田村', '中山', '和田', '石田', '森田',
                '上田', '原', '内田', '柴田', '酒井', '宮崎', '横山', '高木', '安藤', '宮本',
                '大野', '小島', '谷口', '工藤', '今井', '高田', '増田', '丸山', '杉山', '村田',
                '大塚', '新井', '小山', '平野', '藤本', '河野', '上野', '野口', '武田', '松井',
                '千葉', '菅原', '岩崎', '久保', '木下', '佐野', '野村', '松尾', '菊地', '市川',
                '杉本', '古川', '大西', '島田', '水野', '桜井', '高野', '渡部', '吉川', '山内',
                '西田', '飯田', '菊池', '西川', '小松', '北村', '安田', '五十嵐', '川口', '平田',
                '関', '中田', '久保田', '服部', '東', '岩田', '土屋', '川崎'
              ]::text[]
            )
          AND split_part(t.name::text COLLATE pg_catalog."C", ' ', 2)
            = ANY (
              ARRAY[
                '翔太', '大輔', '健太', '拓也', '直樹', '達也', '和也', '健一', '誠', '亮', '大樹',
                '翼', '蓮', '陽翔', '湊', '樹', '悠真', '大和', '陸', '颯太', '悠斗', '朝陽', '律',
                '蒼', '結翔', '隼人', '涼太', '雄大', '航', '駿', '智也', '裕太', '純一', '浩二',
                '隆', '修', '学', '茂', '進', '勇', '豊', '正樹', '秀樹', '博之', '和彦', '哲也',
                '英明', '光', '望', '薫', '司', '聡', '剛', '徹', '洋平', '康平', '圭介', '雅人',
                '貴之', '慎吾', '孝', '実', '昇', '清', '花子', '美咲', '陽菜', '結衣', 'さくら',
                '葵', '凛', '美月', '莉子', '七海', '彩', '愛', '美優', '優花', '千尋', '真央',
                '茜', '舞', '遥', '楓', '萌', '沙織', '麻衣', '友美', '智子', '恵子', '由美子',
                '裕子', '陽子', '洋子', '京子', '幸子', '和子', '久美子', '直美', '真由美', '明美',
                '香織', '恵', '美穂', '綾', '瞳', '早紀', '奈々', '桃子', '梨花', '琴音', '心春',
                '芽依', '咲良', '紬', '杏', '柚葉', '結菜', '美桜', '澪', '詩', '雫', '千夏',
                '美和', '典子', '純子', '順子', '理恵'
              ]::text[]
            )
          AND split_part(t.name::text COLLATE pg_catalog."C", ' ', 3) = ''
        )
          THEN 1
      END
    ) AS name,
    count(
      CASE
        WHEN NOT (
          split_part(t.name_kana::text COLLATE pg_catalog."C", ' ', 1)
            = ANY (
              ARRAY[
                '佐藤', '鈴木', '高橋', '田中', '伊藤', '渡辺', '山本', '中村', '小林', '加藤',
                '吉田', '山田', '佐々木', '山口', '松本', '井上', '木村', '林', '斎藤', '清水',
                '山崎', '森', '池田', '橋本', '阿部', '石川', '山下', '中島', '石井', '小川',
                '前田', '岡田', '長谷川', '藤田', '後藤', '近藤', '村上', '遠藤', '青木', '坂本',
                '斉藤', '福田', '太田', '西村', '藤井', '金子', '岡本', '藤原', '中野', '三浦',
                '原田', '中川', '松田', '竹内', '小野', '田村', '中山', '和田', '石田', '森田',
                '上田', '原', '内田', '柴田', '酒井', '宮崎', '横山', '高木', '安藤', '宮本',
                '大野', '小島', '谷口', '工藤', '今井', '高田', '増田', '丸山', '杉山', '村田',
                '大塚', '新井', '小山', '平野', '藤本', '河野', '上野', '野口', '武田', '松井',
                '千葉', '菅原', '岩崎', '久保', '木下', '佐野', '野村', '松尾', '菊地', '市川',
                '杉本', '古川', '大西', '島田', '水野', '桜井', '高野', '渡部', '吉川', '山内',
                '西田', '飯田', '菊池', '西川', '小松', '北村', '安田', '五十嵐', '川口', '平田',
                '関', '中田', '久保田', '服部', '東', '岩田', '土屋', '川崎'
              ]::text[]
            )
          AND split_part(t.name_kana::text COLLATE pg_catalog."C", ' ', 2)
            = ANY (
              ARRAY[
                '翔太', '大輔', '健太', '拓也', '直樹', '達也', '和也', '健一', '誠', '亮', '大樹',
                '翼', '蓮', '陽翔', '湊', '樹', '悠真', '大和', '陸', '颯太', '悠斗', '朝陽', '律',
                '蒼', '結翔', '隼人', '涼太', '雄大', '航', '駿', '智也', '裕太', '純一', '浩二',
                '隆', '修', '学', '茂', '進', '勇', '豊', '正樹', '秀樹', '博之', '和彦', '哲也',
                '英明', '光', '望', '薫', '司', '聡', '剛', '徹', '洋平', '康平', '圭介', '雅人',
                '貴之', '慎吾', '孝', '実', '昇', '清', '花子', '美咲', '陽菜', '結衣', 'さくら',
                '葵', '凛', '美月', '莉子', '七海', '彩', '愛', '美優', '優花', '千尋', '真央',
                '茜', '舞', '遥', '楓', '萌', '沙織', '麻衣', '友美', '智子', '恵子', '由美子',
                '裕子', '陽子', '洋子', '京子', '幸子', '和子', '久美子', '直美', '真由美', '明美',
                '香織', '恵', '美穂', '綾', '瞳', '早紀', '奈々', '桃子', '梨花', '琴音', '心春',
                '芽依', '咲良', '紬', '杏', '柚葉', '結菜', '美桜', '澪', '詩', '雫', '千夏',
                '美和', '典子', '純子', '順子', '理恵'
              ]::text[]
            )
          AND split_part(t.name_kana::text COLLATE pg_catalog."C", ' ', 3) = ''
        )
          THEN 1
      END
    ) AS name_kana,
    count(
      CASE
        WHEN NOT (
          strpos(t.phone::text COLLATE pg_catalog."C", '****') > 0 AND length(t.phone::text) <= 8
        )
          THEN 1
      END
    ) AS phone,
    count(
      CASE
        WHEN NOT (
          t.birth_date
            = CASE
              WHEN NOT isfinite(t.birth_date) THEN t.birth_date
              WHEN t.birth_date < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
              WHEN t.birth_date > '294276-12-31'::date THEN '294276-01-01'::date
              ELSE date_trunc('year', t.birth_date::timestamp)::date
            END
        )
          THEN 1
      END
    ) AS birth_date,
    count(CASE WHEN NOT (t.profile IS NULL) THEN 1 END) AS profile,
    count(
      CASE WHEN NOT (t.failed_logins IS NULL OR (t.failed_logins = (0)::integer) IS TRUE) THEN 1 END
    ) AS failed_logins
  FROM ONLY public.users AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.users.email', found.email), ('public.users.backup_email', found.backup_email),
  ('public.users.name', found.name), ('public.users.name_kana', found.name_kana),
  ('public.users.phone', found.phone), ('public.users.birth_date', found.birth_date),
  ('public.users.profile', found.profile), ('public.users.failed_logins', found.failed_logins)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(
      CASE WHEN NOT ((t.barcode::text COLLATE pg_catalog."C") ~ '^[0-9a-f]{32}$') THEN 1 END
    ) AS barcode
  FROM ONLY public.vouchers AS t
) AS found
CROSS JOIN LATERAL (VALUES ('public.vouchers.barcode', found.barcode)) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t."会社名"::text COLLATE pg_catalog."C") = 'A company'::text::text) THEN 1 END
    ) AS "会社名",
    count(
      CASE
        WHEN NOT (
          split_part(t."担当者"::text COLLATE pg_catalog."C", ' ', 1)
            = ANY (
              ARRAY[
                '佐藤', '鈴木', '高橋', '田中', '伊藤', '渡辺', '山本', '中村', '小林', '加藤',
                '吉田', '山田', '佐々木', '山口', '松本', '井上', '木村', '林', '斎藤', '清水',
                '山崎', '森', '池田', '橋本', '阿部', '石川', '山下', '中島', '石井', '小川',
                '前田', '岡田', '長谷川', '藤田', '後藤', '近藤', '村上', '遠藤', '青木', '坂本',
                '斉藤', '福田', '太田', '西村', '藤井', '金子', '岡本', '藤原', '中野', '三浦',
                '原田', '中川', '松田', '竹内', '小野', '田村', '中山', '和田', '石田', '森田',
                '上田', '原', '内田', '柴田', '酒井', '宮崎', '横山', '高木', '安藤', '宮本',
                '大野', '小島', '谷口', '工藤', '今井', '高田', '増田', '丸山', '杉山', '村田',
                '大塚', '新井', '小山', '平野', '藤本', '河野', '上野', '野口', '武田', '松井',
                '千葉', '菅原', '岩崎', '久保', '木下', '佐野', '野村', '松尾', '菊地', '市川',
                '杉本', '古川', '大西', '島田', '水野', '桜井', '高野', '渡部', '吉川', '山内',
                '西田', '飯田', '菊池', '西川', '小松', '北村', '安田', '五十嵐', '川口', '平田',
                '関', '中田', '久保田', '服部', '東', '岩田', '土屋', '川崎'
              ]::text[]
            )
          AND split_part(t."担当者"::text COLLATE pg_catalog."C", ' ', 2)
            = ANY (
              ARRAY[
                '翔太', '大輔', '健太', '拓也', '直樹', '達也', '和也', '健一', '誠', '亮', '大樹',
                '翼', '蓮', '陽翔', '湊', '樹', '悠真', '大和', '陸', '颯太', '悠斗', '朝陽', '律',
                '蒼', '結翔', '隼人', '涼太', '雄大', '航', '駿', '智也', '裕太', '純一', '浩二',
                '隆', '修', '学', '茂', '進', '勇', '豊', '正樹', '秀樹', '博之', '和彦', '哲也',
                '英明', '光', '望', '薫', '司', '聡', '剛', '徹', '洋平', '康平', '圭介', '雅人',
                '貴之', '慎吾', '孝', '実', '昇', '清', '花子', '美咲', '陽菜', '結衣', 'さくら',
                '葵', '凛', '美月', '莉子', '七海', '彩', '愛', '美優', '優花', '千尋', '真央',
                '茜', '舞', '遥', '楓', '萌', '沙織', '麻衣', '友美', '智子', '恵子', '由美子',
                '裕子', '陽子', '洋子', '京子', '幸子', '和子', '久美子', '直美', '真由美', '明美',
                '香織', '恵', '美穂', '綾', '瞳', '早紀', '奈々', '桃子', '梨花', '琴音', '心春',
                '芽依', '咲良', '紬', '杏', '柚葉', '結菜', '美桜', '澪', '詩', '雫', '千夏',
                '美和', '典子', '純子', '順子', '理恵'
              ]::text[]
            )
          AND split_part(t."担当者"::text COLLATE pg_catalog."C", ' ', 3) = ''
        )
          THEN 1
      END
    ) AS "担当者",
    count(
      CASE
        WHEN NOT (
          strpos(t."電話番号"::text COLLATE pg_catalog."C", '****') > 0
          AND length(t."電話番号"::text) <= 8
        )
          THEN 1
      END
    ) AS "電話番号",
    count(
      CASE
        WHEN NOT ((t."メール"::text COLLATE pg_catalog."C") ~ '^u[0-9a-f]{16}@example[.]invalid$')
          THEN 1
      END
    ) AS "メール",
    count(CASE WHEN NOT (t."備考" IS NULL) THEN 1 END) AS "備考"
  FROM ONLY public."取引先" AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.取引先.会社名', found."会社名"), ('public.取引先.担当者', found."担当者"),
  ('public.取引先.電話番号', found."電話番号"), ('public.取引先.メール', found."メール"),
  ('public.取引先.備考', found."備考")
) AS leak (name, rows);
DO LANGUAGE plpgsql $noren$
DECLARE
  leaks text;
BEGIN
  SELECT string_agg(format('%s: %s', name, rows), E'\n' ORDER BY name) INTO leaks FROM pg_temp.noren_leak WHERE rows <> '0';
  IF leaks IS NOT NULL THEN
    RAISE EXCEPTION 'these columns hold values that their masks never give; so many rows of each may be raw'
      USING DETAIL = leaks, HINT = 'keep everybody out of the copy until you know how they came there: by a changed file, by a trigger, or by somebody who works in it';
  END IF;
END
$noren$;

-- who is singled out by the combination of what is kept; numbers only
\if :{?report}
\else
\set report on
\endif
\if :report
\pset format unaligned
\pset tuples_only on
\pset pager off
SELECT concat(
    'public.CorporateCards: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their ("expiresOn", "isActive")'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public."CorporateCards" AS t
  GROUP BY t."expiresOn", t."isActive"
) AS alike;
SELECT concat(
    'public.approvals: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (approved)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.approvals AS t GROUP BY t.approved) AS alike;
SELECT concat(
    'public.bank_accounts: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (bank_code, is_default)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.bank_accounts AS t
  GROUP BY t.bank_code, t.is_default
) AS alike;
SELECT concat(
    'public.card_transactions: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (settled, raw.terminal)'
  )
FROM (
  SELECT count(*) AS size
  FROM public.card_transactions AS t
  GROUP BY t.settled, jsonb_extract_path_text(t.raw, 'terminal')
) AS alike;
SELECT concat(
    'public.companies: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (plan, country_code, settings.billing.day, settings.theme)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.companies AS t
  GROUP BY t.plan,
    t.country_code,
    jsonb_extract_path_text(t.settings, 'billing', 'day'),
    jsonb_extract_path_text(t.settings, 'theme')
) AS alike;
SELECT concat(
    'public.currencies: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (name, minor_unit)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.currencies AS t
  GROUP BY t.name, t.minor_unit
) AS alike;
SELECT concat(
    'public.expense_categories: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (name, account_code)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.expense_categories AS t
  GROUP BY t.name, t.account_code
) AS alike;
SELECT concat(
    'public.expense_reports: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (status, closed_on)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.expense_reports AS t
  GROUP BY t.status, t.closed_on
) AS alike;
SELECT concat(
    'public.expenses: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (spent_on, status)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.expenses AS t
  GROUP BY t.spent_on, t.status
) AS alike;
SELECT concat(
    'public.mileage_rates: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (vehicle)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.mileage_rates AS t GROUP BY t.vehicle) AS alike;
SELECT concat(
    'public.roles_of_staff: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (name)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.roles_of_staff AS t GROUP BY t.name) AS alike;
SELECT concat(
    'public.users: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (settings.locale, settings.theme, visibility, locale)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.users AS t
  GROUP BY jsonb_extract_path_text(t.settings, 'locale'),
    jsonb_extract_path_text(t.settings, 'theme'),
    t.visibility,
    t.locale
) AS alike;
SELECT concat(
    'public.取引先: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their ("登録日")'
  )
FROM (SELECT count(*) AS size FROM ONLY public."取引先" AS t GROUP BY t."登録日") AS alike;
\endif

REFRESH MATERIALIZED VIEW public.monthly_totals;
ALTER TABLE public.bank_accounts FORCE ROW LEVEL SECURITY;
COMMIT;
ANALYZE
  archive.legacy_orders,
  public."CorporateCards",
  public.api_keys,
  public.approvals,
  public.attachments,
  public.bank_accounts,
  public.card_transactions,
  public.companies,
  public.currencies,
  public.departments,
  public.expense_categories,
  public.expense_items,
  public.expense_reports,
  public.expenses,
  public.mileage_rates,
  public.notices,
  public."order",
  public.roles_of_staff,
  public.users,
  public.vouchers,
  public."取引先",
  public.monthly_totals;
