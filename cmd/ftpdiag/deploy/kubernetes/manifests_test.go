// Package kubernetes tests the manifests: each is decoded strictly into the type
// that Kubernetes and the Prometheus operator have for it, and what refers to
// something else finds it.
package kubernetes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
)

// manifests are the objects of all files.
type manifests struct {
	configMaps      map[string]*core.ConfigMap
	services        map[string]*core.Service
	deployments     []*apps.Deployment
	cronJobs        []*batch.CronJob
	budgets         []*policy.PodDisruptionBudget
	probes          []*monitoring.Probe
	serviceMonitors []*monitoring.ServiceMonitor
}

// types are those that the manifests are decoded into.
func types(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		core.AddToScheme, apps.AddToScheme, batch.AddToScheme, policy.AddToScheme, monitoring.AddToScheme,
	} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func readAll(t *testing.T) *manifests {
	t.Helper()
	m := &manifests{configMaps: map[string]*core.ConfigMap{}, services: map[string]*core.Service{}}
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("manifests: %q, %v", files, err)
	}
	s := types(t)
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, s, s, json.SerializerOptions{Yaml: true, Strict: true})
	for _, file := range files {
		for i, document := range documents(t, file) {
			object, _, err := decoder.Decode(document, nil, nil)
			if err != nil {
				t.Errorf("%s, document %d: %v", file, i+1, err)
				continue
			}
			if err := m.add(object); err != nil {
				t.Errorf("%s, document %d: %v", file, i+1, err)
			}
		}
	}
	return m
}

// add refuses what no test looks at, and so a Secret.
func (m *manifests) add(object runtime.Object) error {
	switch o := object.(type) {
	case *core.ConfigMap:
		m.configMaps[o.Name] = o
	case *core.Service:
		m.services[o.Name] = o
	case *apps.Deployment:
		m.deployments = append(m.deployments, o)
	case *batch.CronJob:
		m.cronJobs = append(m.cronJobs, o)
	case *policy.PodDisruptionBudget:
		m.budgets = append(m.budgets, o)
	case *monitoring.Probe:
		m.probes = append(m.probes, o)
	case *monitoring.ServiceMonitor:
		m.serviceMonitors = append(m.serviceMonitors, o)
	default:
		return fmt.Errorf("nothing looks at a %T", object)
	}
	return nil
}

// documents splits a file as kubectl does.
func documents(t *testing.T, file string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(text, []byte("\n---\n"))
}

// workload is the pods of a Deployment or CronJob.
type workload struct {
	name string
	pods core.PodTemplateSpec
}

func (m *manifests) workloads(t *testing.T) (all []workload) {
	t.Helper()
	for _, d := range m.deployments {
		all = append(all, workload{d.Name, d.Spec.Template})
	}
	for _, c := range m.cronJobs {
		all = append(all, workload{c.Name, c.Spec.JobTemplate.Spec.Template})
	}
	if len(m.deployments) == 0 || len(m.cronJobs) == 0 {
		t.Fatalf("%d deployments, %d cron jobs", len(m.deployments), len(m.cronJobs))
	}
	return all
}

// Everything is in one namespace, which every reference relies on.
func TestNamespace(t *testing.T) {
	m := readAll(t)
	check := func(kind, name, namespace string) {
		if name == "" || namespace != "monitoring" {
			t.Errorf("%s %q is in namespace %q", kind, name, namespace)
		}
	}
	for _, o := range m.configMaps {
		check("ConfigMap", o.Name, o.Namespace)
	}
	for _, o := range m.services {
		check("Service", o.Name, o.Namespace)
	}
	for _, o := range m.deployments {
		check("Deployment", o.Name, o.Namespace)
	}
	for _, o := range m.cronJobs {
		check("CronJob", o.Name, o.Namespace)
	}
	for _, o := range m.budgets {
		check("PodDisruptionBudget", o.Name, o.Namespace)
	}
	for _, o := range m.probes {
		check("Probe", o.Name, o.Namespace)
	}
	for _, o := range m.serviceMonitors {
		check("ServiceMonitor", o.Name, o.Namespace)
	}
}

// The pods have no right that the program can do without.
func TestSecurityContext(t *testing.T) {
	for _, w := range readAll(t).workloads(t) {
		p := w.pods.Spec
		if !isFalse(p.AutomountServiceAccountToken) || p.HostNetwork || p.HostPID || p.HostIPC {
			t.Errorf("%s: a service account token, or a namespace of the node", w.name)
		}
		s := p.SecurityContext
		if s == nil || !isTrue(s.RunAsNonRoot) || s.RunAsUser == nil || *s.RunAsUser == 0 ||
			s.SeccompProfile == nil || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s: security context of the pod: %v", w.name, s)
		}
		for _, c := range p.Containers {
			s := c.SecurityContext
			if s == nil || !isTrue(s.ReadOnlyRootFilesystem) || !isFalse(s.AllowPrivilegeEscalation) || isTrue(s.Privileged) ||
				s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 {
				t.Errorf("%s, %s: security context %v", w.name, c.Name, s)
			}
			if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() {
				t.Errorf("%s, %s: resources %v", w.name, c.Name, c.Resources)
			}
		}
	}
}

func isTrue(b *bool) bool  { return b != nil && *b }
func isFalse(b *bool) bool { return b != nil && !*b }

// What is mounted is there, what is there is mounted, and the files that the
// arguments name are keys of what is mounted.
func TestVolumes(t *testing.T) {
	m := readAll(t)
	for _, w := range m.workloads(t) {
		unmounted := map[string]core.Volume{}
		for _, v := range w.pods.Spec.Volumes {
			unmounted[v.Name] = v
		}
		for _, c := range w.pods.Spec.Containers {
			files := map[string]bool{}
			for _, mount := range c.VolumeMounts {
				v, found := unmounted[mount.Name]
				if !found || !mount.ReadOnly {
					t.Errorf("%s: %s is mounted: there %t, read-only %t", w.name, mount.Name, found, mount.ReadOnly)
				}
				delete(unmounted, mount.Name)
				for _, key := range m.keys(t, v) {
					files[filepath.Join(mount.MountPath, key)] = true
				}
			}
			for _, arg := range c.Args {
				if filepath.IsAbs(arg) && !files[arg] {
					t.Errorf("%s: the argument %s is none of %v", w.name, arg, files)
				}
			}
		}
		if len(unmounted) > 0 {
			t.Errorf("%s: not mounted: %v", w.name, unmounted)
		}
	}
}

// keys are the files of a volume: those of a ConfigMap that is there. A Secret is
// made by hand, and only readable to who runs the program.
func (m *manifests) keys(t *testing.T, v core.Volume) (keys []string) {
	t.Helper()
	switch {
	case v.ConfigMap != nil:
		c, found := m.configMaps[v.ConfigMap.Name]
		if !found {
			t.Errorf("no ConfigMap %s", v.ConfigMap.Name)
			return nil
		}
		for key := range c.Data {
			keys = append(keys, key)
		}
	case v.Secret != nil:
		if v.Secret.SecretName != "ftpdiag-passwords" || v.Secret.DefaultMode == nil || *v.Secret.DefaultMode != 0o440 {
			t.Errorf("Secret: %v", v.Secret)
		}
	default:
		t.Errorf("volume %s is of another kind", v.Name)
	}
	return keys
}
