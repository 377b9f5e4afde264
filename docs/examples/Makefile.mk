# The example programs as users get them: the sources of some of apps/, with a Makefile that builds
# them against the installed library.
examplesdir   = $(docdir)/examples
examples_DATA = docs/examples/Makefile

examples_actor_treedir       = $(examplesdir)/actor_tree
examples_actor_tree_DATA     = $(apps_actor_tree_actor_tree_SOURCES)
examples_method_trackingdir  = $(examplesdir)/method_tracking
examples_method_tracking_DATA = $(apps_method_tracking_method_tracking_SOURCES)
examples_pidir               = $(examplesdir)/pi
examples_pi_DATA             = $(apps_pi_pi_SOURCES) $(apps_pi_libsample_la_SOURCES)
if CUDA
examples_pi_DATA            += apps/pi/sample_gpu_none.c
endif

# The folders that are ours alone.
uninstall-hook:
	for folder in "$(DESTDIR)$(docdir)" "$(DESTDIR)$(troupeincludedir)" "$(DESTDIR)$(cmakedir)"; do \
	    [ ! -d "$$folder" ] || find "$$folder" -depth -type d -empty -delete; \
	done
