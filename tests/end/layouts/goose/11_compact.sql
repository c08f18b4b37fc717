-- +goose NO TRANSACTION
-- +goose Up
VACUUM;
