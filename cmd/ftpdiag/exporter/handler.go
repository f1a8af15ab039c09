package exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ftpdiag/probe/ftp"
	"ftpdiag/report/metrics"
)

const (
	// A page is made of results that have to be unpacked: so many at once.
	mostPages = 10

	// An answer is a few kilobytes: who does not take it in this time has gone.
	writeTimeout = 10 * time.Second
)

// handler answers every path of the package comment.
func (s *server) handler() http.Handler {
	paths := map[string]http.HandlerFunc{
		"/{$}":       s.bounded(s.pages, s.page),
		"/style.css": style,
		"/probe":     s.bounded(s.requests, s.probe),
		"/report":    s.bounded(s.pages, s.report),
		"/-/healthy": func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "healthy") },
		"/-/ready":   s.ready,
		"/metrics": promhttp.HandlerFor(s.prober.counts.registry, promhttp.HandlerOpts{
			Registry: s.prober.counts.registry, MaxRequestsInFlight: 10,
		}).ServeHTTP,
	}
	mux := http.NewServeMux()
	for path, handle := range paths {
		mux.Handle(path, only(handle, http.MethodGet, http.MethodHead))
	}
	mux.Handle("/-/reload", only(ours(s.reloadRequest), http.MethodPost, http.MethodPut))
	return harden(mux)
}

// ours refuses what a browser sends because a page from elsewhere told it to.
func ours(next http.HandlerFunc) http.HandlerFunc {
	check := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) {
		if err := check.Check(r); err != nil {
			say(w, http.StatusForbidden, "a page of another site asks for this")
			return
		}
		next(w, r)
	}
}

// only refuses other methods.
func only(next http.HandlerFunc, methods ...string) http.Handler {
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, m := range methods {
			if r.Method == m {
				next(w, r)
				return
			}
		}
		w.Header().Set("Allow", allow)
		say(w, http.StatusMethodNotAllowed, "the method is not one of "+allow)
	})
}

// harden sets what every answer has: nothing of a page comes from elsewhere, runs,
// or shows inside another page.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if r.ContentLength != 0 { // nothing here reads a body, but the server waits for its end
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(writeTimeout)) // refused only where the connection is gone
		}
		next.ServeHTTP(w, r)
	})
}

// say answers with a line of text.
func say(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, line+"\n") // nobody is left to be told
}

// bounded refuses requests for which there is no place. What it lets through keeps
// its connection.
func (s *server) bounded(places chan struct{}, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			defer occupy(r)()
			next(w, r)
		default:
			s.reject(w, &rejection{http.StatusServiceUnavailable, reasonUnavailable, "too many requests at once"})
		}
	}
}

// reject answers a request without a diagnosis.
func (s *server) reject(w http.ResponseWriter, r *rejection) {
	s.prober.counts.rejected.WithLabelValues(r.reason).Inc()
	if r.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	say(w, r.status, r.message)
}

func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.leaving.Err() != nil {
		say(w, http.StatusServiceUnavailable, "about to end")
		return
	}
	say(w, http.StatusOK, "ready")
}

// probe answers with the metrics of one target.
func (s *server) probe(w http.ResponseWriter, r *http.Request) {
	if s.leaving.Err() != nil {
		s.reject(w, &rejection{http.StatusServiceUnavailable, reasonUnavailable, "about to end"})
		return
	}
	q, bad := s.config.Load().read(r.URL.Query(), r.Header.Get(scrapeTimeoutHeader))
	if bad != nil {
		s.reject(w, bad)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(q.budget + writeTimeout)) // as below
	a, err := s.prober.ask(r.Context(), q)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout)) // refused only where the connection is gone
	switch {
	case errors.Is(err, errGone):
	case errors.Is(err, errBusy):
		s.reject(w, &rejection{http.StatusServiceUnavailable, reasonBusy, err.Error()})
	case err != nil:
		message := ftp.NewRedactor(q.module.Password.text).Clean(err.Error())
		s.reject(w, &rejection{http.StatusInternalServerError, reasonFailed, fmt.Sprintf("module %s cannot probe %q: %s", q.module.Name, q.name(), message)})
	case a.denied:
		s.reject(w, q.denied())
	default:
		exposition(w, r, q.module, a)
	}
}

// exposition writes the metrics of an answer.
func exposition(w http.ResponseWriter, r *http.Request, m *Module, a answer) {
	registry := prometheus.NewRegistry()
	result, _ := a.shown()
	registry.MustRegister(metrics.New(m.judged(result)), a)
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

func (s *server) reloadRequest(w http.ResponseWriter, _ *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2*fileTime + writeTimeout)) // refused only where the connection is gone
	if err := s.reload(context.Background()); err != nil {
		say(w, http.StatusInternalServerError, "the old configuration stays: "+ftp.Visible(err.Error()))
		return
	}
	say(w, http.StatusOK, "reloaded")
}
