// Package exporter serves diagnoses to Prometheus, one target a request:
//
//	/probe?target=TARGET&module=MODULE   metrics of one target
//	/metrics                             metrics of the exporter itself
//	/                                    what was probed lately, for a browser
//	/report?target=TARGET&module=MODULE  the last report on one target
//	/-/healthy, /-/ready                 for a supervisor
//	/-/reload (POST or PUT)              read the configuration again, as SIGHUP does
//
// The answer to /probe is 200 with metrics whatever the target's state; 400 for a
// request that names no target or no module, 403 for a target that the module
// does not allow, 503 where max_concurrent probes are under way.
//
// # Who shares what
//
// Requests for the same target and module that come while a probe is under way
// wait for that one; it goes on while any of them waits. A finished probe answers
// for the module's cache time. Nothing of one configuration answers under the
// next.
//
// A password that a server has rejected is not sent to it again for 15 minutes,
// whichever name or spelling leads to the same address and port, unless the
// configuration is read again and the module has another user or password: the
// rejection answers meanwhile.
//
// # Whatever a server or a client does
//
// A probe that goes on beyond its deadline is left behind: its slot is free a second
// later, and its target is not asked again before it has ended. What is remembered is
// bounded by what it takes of the heap. Connections are bounded too: for one too many
// that one closes which has been quiet for longest and has no probe to wait for.
//
// # Quick and full
//
// A module probes quickly unless it says otherwise. Where such a probe finds
// something wrong, one full diagnosis follows in the background, at most one in
// full_every. Its findings take the place of those of the quick probes for as
// long as these come to the same status and the same verdict on each mode, so
// that a scrape never contradicts itself. A module's fail_on and ignore judge the
// findings that are shown, whichever these are.
package exporter
