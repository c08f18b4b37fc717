CREATE VIEW planted AS SELECT planted, kind FROM tree;
