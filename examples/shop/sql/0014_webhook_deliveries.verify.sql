SELECT count(*) = 1 FROM webhook_subscriptions WHERE url = 'https://till.example/hooks';
