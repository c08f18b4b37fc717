-- atlas:txmode none

VACUUM;
