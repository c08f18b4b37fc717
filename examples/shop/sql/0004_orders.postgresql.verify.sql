SELECT array_agg(enumlabel::text ORDER BY enumsortorder)
       = ARRAY['new', 'paid', 'packed', 'shipped', 'cancelled']
FROM pg_enum
WHERE enumtypid = 'order_status'::regtype;
