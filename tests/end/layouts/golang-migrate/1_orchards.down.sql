DROP TABLE orchard;
