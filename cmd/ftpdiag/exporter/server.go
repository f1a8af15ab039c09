package exporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/net/netutil"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// Options say how to serve. Listen, Config, Log and Diagnose are required.
type Options struct {
	Listen    string // host:port; an empty host is every address of this machine
	Config    string // name of the configuration file
	WebConfig string // file of the Prometheus exporter-toolkit, for TLS and basic authentication; "": neither
	Version   string
	Log       *slog.Logger

	// Diagnose carries out one diagnosis.
	Diagnose func(context.Context, probe.Config) (*diagnose.Result, error)
	// Resolver looks names up; nil is net.DefaultResolver.
	Resolver probe.Resolver
	// Listening is told the address before the first request; nil: nobody is.
	Listening func(net.Addr)
}

// How long the end takes: a probe under way may finish, then it is cut short and
// answered with status unknown.
const (
	finishTime = 3 * time.Second
	closeTime  = 1500 * time.Millisecond
)

// server is the exporter at work.
type server struct {
	options  Options
	config   atomic.Pointer[Config]
	loading  sync.Mutex
	prober   *prober
	requests chan struct{}   // one for each that is being answered
	leaving  context.Context // ends when no new probe is begun
}

// Check reads the configurations as Serve would.
func Check(o Options) error {
	if _, err := Load(o.Config); err != nil {
		return err
	}
	return checkWeb(o.WebConfig)
}

func checkWeb(name string) error {
	if err := web.Validate(name); err != nil {
		return fmt.Errorf("the web configuration %q: %w", name, err)
	}
	return nil
}

// Serve answers until ctx ends, and then returns nil within five seconds. An error
// says why it could not begin, or go on.
func Serve(ctx context.Context, o Options) error {
	life, end := context.WithCancel(context.Background())
	defer end()
	s := newServer(ctx, life, o)
	if err := s.reload(); err != nil {
		return err
	}
	if err := checkWeb(o.WebConfig); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	defer s.prober.tasks.Wait()
	defer end()
	if o.Listening != nil {
		o.Listening(listener.Addr())
	}
	watched := s.onHangup()
	defer watched()
	return s.serve(ctx, end, netutil.LimitListener(listener, mostConnections()))
}

// newServer makes one that begins no probe after leaving, and ends all with life.
func newServer(leaving, life context.Context, o Options) *server {
	return &server{options: o, prober: newProber(life, o), requests: make(chan struct{}, mostRequests), leaving: leaving}
}

// serve runs the HTTP server until ctx ends, and then has it finish.
func (s *server) serve(ctx context.Context, end func(), listener net.Listener) error {
	h := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second, // and no ReadTimeout, which would end the context of a longer probe
		WriteTimeout:      mostDeadline + grace + writeTimeout,
		IdleTimeout:       3 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug), // what clients do wrong
	}
	finished := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(finished)
		s.options.Log.Info("ending: probes under way may finish", "within", finishTime.String())
		cut := time.AfterFunc(finishTime, end)
		defer cut.Stop()
		limit, cancel := context.WithTimeout(context.Background(), finishTime+closeTime)
		defer cancel()
		if h.Shutdown(limit) != nil {
			h.Close()
		}
	})
	err := web.Serve(listener, h, &web.FlagConfig{WebConfigFile: &s.options.WebConfig}, s.options.Log)
	if stop() { // it ended by itself
		h.Close()
		return err
	}
	<-finished
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// reload reads the configuration again. One that cannot be used changes nothing.
func (s *server) reload() error {
	s.loading.Lock()
	defer s.loading.Unlock()
	c, err := Load(s.options.Config)
	if err != nil {
		s.prober.counts.reloaded.Set(0)
		return err
	}
	s.config.Store(c)
	s.prober.configure(c)
	s.prober.counts.reloaded.Set(1)
	s.prober.counts.reloadedAt.SetToCurrentTime()
	s.options.Log.Info("configuration read", "file", s.options.Config, "modules", len(c.Modules))
	return nil
}

// onHangup reloads at each SIGHUP until the returned function is called.
func (s *server) onHangup() (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range hangups {
			if err := s.reload(); err != nil {
				s.options.Log.Error("the old configuration stays", "error", err)
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
		<-ended
	}
}
