--- manifest requires: {postgresql: 15}
--- revision one
--- up
ALTER TABLE IF EXISTS readings DETACH PARTITION app.readings_2019;
--- down: none
