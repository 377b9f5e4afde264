# Job scripts for users to copy: they are shipped and installed as they are.
slurmdir = $(pkgdatadir)/slurm
dist_slurm_DATA = \
	slurm/README.md
dist_slurm_SCRIPTS = \
	slurm/array.sh \
	slurm/basic.sh \
	slurm/dashboard.sh \
	slurm/gpus.sh \
	slurm/heterogeneous.sh \
	slurm/hybrid.sh \
	slurm/time_limit.sh
