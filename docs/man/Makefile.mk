# The manual pages: of the commands, and in section 3 one for each name of the public headers, which
# pages.awk makes out of their comments.
dist_man_MANS = \
	docs/man/troupe-info.1

man3dir = $(mandir)/man3
all-local: man3/written
man3/written: docs/man/pages.awk $(include_HEADERS) $(troupeinclude_HEADERS)
	$(AM_V_GEN)rm -rf man3 && $(MKDIR_P) man3 && \
	    $(AWK) -v out=man3 -v version=$(VERSION) -f $^ && touch $@

install-data-local: install-man3
install-man3: man3/written
	$(MKDIR_P) "$(DESTDIR)$(man3dir)"
	$(INSTALL_DATA) man3/*.3 "$(DESTDIR)$(man3dir)"

uninstall-local: uninstall-man3
uninstall-man3: man3/written
	cd man3 && for page in *.3; do rm -f "$(DESTDIR)$(man3dir)/$$page"; done

clean-local: clean-man3
clean-man3:
	rm -rf man3

.PHONY: install-man3 uninstall-man3 clean-man3
