// Package deploy holds what runs ftpdiag unattended and beyond one machine:
//
//	prometheus/   scrape configuration with many targets and several exporters,
//	              alert rules and their unit tests
//	grafana/      a dashboard
//	kubernetes/   manifests for the exporter and a nightly sweep; their test is a
//	              module of its own
//	systemd/      units for both
//	ci/           a job that lets a pipeline pass only if transfers work, and the
//	              script that it runs
//
// There is no code here but the tests, which run each of them in the program that
// reads it: promtool, Prometheus, systemd-analyze.
package deploy
