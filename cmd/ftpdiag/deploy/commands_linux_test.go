package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// manifest is what these tests look at of an object; its own test reads all of it.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		Template    podTemplate
		JobTemplate struct {
			Spec struct{ Template podTemplate }
		} `yaml:"jobTemplate"`
	}
}

type podTemplate struct {
	Spec struct{ Containers []struct{ Args []string } }
}

// object is the one of a kind in a file.
func object(t *testing.T, file, kind string) manifest {
	t.Helper()
	for d := yaml.NewDecoder(bytes.NewReader([]byte(read(t, file)))); ; {
		var m manifest
		err := d.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			t.Fatalf("%s has no %s", file, kind)
		case err != nil:
			t.Fatalf("%s: %v", file, err)
		case m.Kind == kind:
			return m
		}
	}
}

// write makes a file for the test.
func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The program takes the configuration in the ConfigMap by the arguments of the
// Deployment, and finds a mistake in it.
func TestDeploymentConfiguration(t *testing.T) {
	t.Parallel()
	const manifests = "kubernetes/exporter.yaml"
	args := object(t, manifests, "Deployment").Spec.Template.Spec.Containers[0].Args
	config := replaced(t, object(t, manifests, "ConfigMap").Data["ftpdiag.yml"], "/run/secrets/ftpdiag/acme", write(t, "acme", "correct horse\n"))
	check := func(config string) (string, error) {
		argv := words(args, "/etc/ftpdiag/ftpdiag.yml", write(t, "ftpdiag.yml", config))
		out, err := exec.Command(ftpdiag(t), append(argv, "--check")...).CombinedOutput()
		return string(out), err
	}
	if out, err := check(config); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := check(replaced(t, config, "password_file", "pasword_file")); err == nil || !strings.Contains(out, "pasword_file") {
		t.Errorf("a mistake goes unnoticed: %v: %s", err, out)
	}
}

// words are the arguments, with some of them replaced: pairs of an argument and
// what is put in its place.
func words(args []string, pairs ...string) []string {
	r := make([]string, len(args))
	for i, a := range args {
		r[i] = a
		for j := 0; j < len(pairs); j += 2 {
			if a == pairs[j] {
				r[i] = pairs[j+1]
			}
		}
	}
	return r
}

// The program takes the list of targets in the ConfigMap by the arguments of the
// CronJob: with a mistake at the end of the list it names that line, and no other,
// and asks nobody.
func TestCronJobTargets(t *testing.T) {
	t.Parallel()
	const manifests = "kubernetes/sweep.yaml"
	args := object(t, manifests, "CronJob").Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args
	list := replaced(t, object(t, manifests, "ConfigMap").Data["targets"], "/run/secrets/ftpdiag/acme", write(t, "acme", "correct horse\n"))
	list += "ftp.example.com no-such-option=1\n"
	cmd := exec.Command(ftpdiag(t), words(args, "/etc/ftpdiag/targets", write(t, "targets", list))...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	bad := fmt.Sprintf("/targets:%d: ", strings.Count(list, "\n"))
	if code := cmd.ProcessState.ExitCode(); code != 3 || stdout.Len() > 0 ||
		!strings.Contains(stderr.String(), bad) || !strings.Contains(stderr.String(), "no-such-option") || strings.Count(stderr.String(), "/targets:") > 1 {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}
