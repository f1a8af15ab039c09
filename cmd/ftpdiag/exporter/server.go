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

	"ftpdiag/cmd/ftpdiag/credential"
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
	files    fileReader
	prober   *prober
	requests chan struct{}   // one for each that is being answered and may take its time
	pages    chan struct{}   // one for each page that is being made
	leaving  context.Context // ends when no new probe is begun
}

// Check reads the configurations as Serve would.
func Check(o Options) error {
	s := &server{options: o, files: newFileReader()}
	if _, err := s.load(context.Background()); err != nil {
		return err
	}
	return s.checkWeb(context.Background())
}

// load reads the configuration.
func (s *server) load(ctx context.Context) (*Config, error) {
	var c *Config
	var bad error
	err := s.files.within(ctx, fileTime, func() error {
		c, bad = Load(s.options.Config)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the configuration %q, or a file that it names: %w", s.options.Config, err)
	}
	return c, bad
}

func (s *server) checkWeb(ctx context.Context) error {
	name := s.options.WebConfig
	err := s.files.within(ctx, fileTime, func() error {
		if name != "" {
			if _, err := credential.ReadFile(name); err != nil {
				return err
			}
		}
		return web.Validate(name)
	})
	if err != nil {
		return fmt.Errorf("the web configuration %q: %w", name, err)
	}
	return nil
}

// Serve answers until ctx ends, and then returns nil within five seconds. An error
// says why it could not begin, or go on.
func Serve(ctx context.Context, o Options) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // before anything that takes time: without, it ends the process
	defer signal.Stop(hangups)
	o.Log.Info("starting", "version", o.Version)
	life, end := context.WithCancel(context.Background())
	defer end()
	s := newServer(ctx, life, o)
	if err := s.begin(ctx); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	defer s.prober.tasks.Wait()
	s.prober.tasks.Go(func() { s.onHangup(life, hangups) })
	defer end()
	if o.Listening != nil {
		o.Listening(listener.Addr())
	}
	return s.serve(ctx, end, boundConnections(listener, mostConnections()))
}

// newServer makes one that begins no probe after leaving, and ends all with life.
func newServer(leaving, life context.Context, o Options) *server {
	return &server{options: o, files: newFileReader(), prober: newProber(life, o), leaving: leaving,
		requests: make(chan struct{}, mostRequests()), pages: make(chan struct{}, mostPages)}
}

// begin reads what there is to read.
func (s *server) begin(ctx context.Context) error {
	if err := s.reload(ctx); err != nil {
		return err
	}
	return s.checkWeb(ctx)
}

// serve runs the HTTP server until ctx ends, and then has it finish.
func (s *server) serve(ctx context.Context, end func(), listener net.Listener) error {
	h := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second, // and no ReadTimeout, which would end the context of a longer probe
		WriteTimeout:      writeTimeout,    // a probe has more
		IdleTimeout:       3 * time.Minute,
		ConnContext:       withConnection,
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
func (s *server) reload(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	c, err := s.load(ctx)
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

// onHangup reloads at each SIGHUP until life ends.
func (s *server) onHangup(life context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-hangups:
			if err := s.reload(life); err != nil {
				s.options.Log.Error("the old configuration stays", "error", err)
			}
		case <-life.Done():
			return
		}
	}
}
