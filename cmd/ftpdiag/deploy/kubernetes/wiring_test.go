package kubernetes

import (
	"fmt"
	"slices"
	"testing"

	"github.com/robfig/cron/v3"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// matches tells whether a selector finds something, and does not find everything.
func matches(t *testing.T, s *meta.LabelSelector, of map[string]string) bool {
	t.Helper()
	selector, err := meta.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return !selector.Empty() && selector.Matches(labels.Set(of))
}

func port(c core.Container, name string) int32 {
	i := slices.IndexFunc(c.Ports, func(p core.ContainerPort) bool { return p.Name == name })
	if i < 0 {
		return 0
	}
	return c.Ports[i].ContainerPort
}

// The Deployment's selectors find its pods, whose probes ask a port that they
// have and the program listens on.
func TestDeployment(t *testing.T) {
	m := readAll(t)
	for _, d := range m.deployments {
		pods := d.Spec.Template
		if !matches(t, d.Spec.Selector, pods.Labels) {
			t.Errorf("%s does not select its pods", d.Name)
		}
		c := pods.Spec.Containers[0]
		if listen := fmt.Sprintf(":%d", port(c, "http")); !slices.Contains(c.Args, listen) {
			t.Errorf("%s: port %s, arguments %q", d.Name, listen, c.Args)
		}
		for path, p := range map[string]*core.Probe{"/-/ready": c.ReadinessProbe, "/-/healthy": c.LivenessProbe} {
			if p == nil || p.HTTPGet == nil || p.HTTPGet.Path != path || port(c, p.HTTPGet.Port.String()) == 0 {
				t.Errorf("%s: %s is not what is asked: probe %v", d.Name, path, p)
			}
		}
		for _, b := range m.budgets {
			if !matches(t, b.Spec.Selector, pods.Labels) {
				t.Errorf("the budget %s does not select the pods of %s", b.Name, d.Name)
			}
		}
	}
	for _, w := range m.workloads(t) {
		for name, s := range m.services {
			isExporter := w.name == m.deployments[0].Name
			if matches(t, &meta.LabelSelector{MatchLabels: s.Spec.Selector}, w.pods.Labels) != isExporter {
				t.Errorf("the Service %s selects the pods of %s: %t", name, w.name, !isExporter)
			}
			if isExporter && port(w.pods.Spec.Containers[0], s.Spec.Ports[0].TargetPort.String()) == 0 {
				t.Errorf("the Service %s leads to no port", name)
			}
		}
	}
}

// Prometheus finds the Service, asks it as the exporter wants to be asked, and
// names the jobs as the rules and the dashboard know them.
func TestMonitoring(t *testing.T) {
	m := readAll(t)
	if len(m.probes) == 0 || len(m.serviceMonitors) == 0 {
		t.Fatalf("%d probes, %d service monitors", len(m.probes), len(m.serviceMonitors))
	}
	service := m.services["ftpdiag"]
	url := fmt.Sprintf("%s.%s.svc:%d", service.Name, service.Namespace, service.Spec.Ports[0].Port)
	for _, p := range m.probes {
		prober := p.Spec.ProberSpec
		if prober.URL != url || prober.Path != "/probe" || p.Spec.JobName != "ftpdiag" {
			t.Errorf("%s: prober %v, job %s", p.Name, prober, p.Spec.JobName)
		}
		static := p.Spec.Targets.StaticConfig
		if static == nil || len(static.Targets) == 0 || static.Labels["module"] != p.Spec.Module {
			t.Errorf("%s: module %s, targets %v", p.Name, p.Spec.Module, static)
		}
	}
	for _, s := range m.serviceMonitors {
		if !matches(t, &s.Spec.Selector, service.Labels) || s.Spec.Endpoints[0].Port != service.Spec.Ports[0].Name {
			t.Errorf("%s does not find the Service", s.Name)
		}
		if r := s.Spec.Endpoints[0].RelabelConfigs[0]; r.TargetLabel != "job" || r.Replacement == nil || *r.Replacement != "ftpdiag-exporter" {
			t.Errorf("%s: job %v", s.Name, r)
		}
	}
}

// The sweep runs at a time that cron understands, one at a time, and is not
// repeated because a server fails.
func TestCronJob(t *testing.T) {
	for _, c := range readAll(t).cronJobs {
		if _, err := cron.ParseStandard(c.Spec.Schedule); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		job := c.Spec.JobTemplate.Spec
		if p := c.Spec.ConcurrencyPolicy; p != batch.ForbidConcurrent {
			t.Errorf("%s: concurrency policy %s", c.Name, p)
		}
		if job.BackoffLimit == nil || *job.BackoffLimit != 0 || job.Template.Spec.RestartPolicy != core.RestartPolicyNever {
			t.Errorf("%s is repeated", c.Name)
		}
		if job.ActiveDeadlineSeconds == nil {
			t.Errorf("%s may run for ever", c.Name)
		}
	}
}
