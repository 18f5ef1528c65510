// Command modelserver stands in for a model server: it speaks the OpenAI API, takes its time to load, and says who it is.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// No prompt of a test is longer, in bytes.
const longestBody = 1 << 20

// How long requests that are being answered may take when it is told to end.
const drain = 10 * time.Second

type server struct {
	model  string
	pod    string
	loaded time.Time
}

// ServeHTTP answers 503 until the model is loaded, and names the pod in every answer.
func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Pod", s.pod)
	w.Header().Set("X-Revision", os.Getenv("REVISION"))
	if left := time.Until(s.loaded); left > 0 {
		http.Error(w, fmt.Sprintf("%s loads for %.1f s more", s.model, left.Seconds()), http.StatusServiceUnavailable)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /health":
	case "GET /v1/models":
		answer(w, map[string]any{"object": "list", "data": []any{
			map[string]any{"id": s.model, "object": "model", "created": s.loaded.Unix(), "owned_by": "seatrial"}}})
	case "POST /v1/completions":
		s.complete(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s server) complete(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Model, Prompt string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestBody)).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if asked.Model != s.model {
		http.Error(w, fmt.Sprintf("there is no model %q here, only %q", asked.Model, s.model), http.StatusNotFound)
		return
	}
	words := len(strings.Fields(asked.Prompt))
	answer(w, map[string]any{
		"id": fmt.Sprintf("cmpl-%d", time.Now().UnixNano()), "object": "text_completion", "created": time.Now().Unix(),
		"model":   s.model,
		"choices": []any{map[string]any{"index": 0, "text": asked.Prompt, "finish_reason": "stop", "logprobs": nil}},
		"usage":   map[string]int{"prompt_tokens": words, "completion_tokens": words, "total_tokens": 2 * words},
	})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Print(err) // whoever asked is gone
	}
}

func main() {
	model := flag.String("model", "", "what the model is called")
	port := flag.Int("port", 8000, "where it is served")
	load := flag.Duration("load", 0, "how long it takes to load")
	flag.Parse()
	pod, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	there := &http.Server{
		Addr:    fmt.Sprintf(":%d", *port),
		Handler: server{model: *model, pod: pod, loaded: time.Now().Add(*load)},
	}
	told, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		<-told.Done()
		limit, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		ended <- there.Shutdown(limit)
	}()
	if err := there.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}
