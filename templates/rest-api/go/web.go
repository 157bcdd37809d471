package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
)

// Fault is an error of the client's: the status and what to tell.
type Fault struct {
	Status int
	Text   string
}

func (f Fault) Error() string { return f.Text }

func invalid(text string) error { return Fault{http.StatusBadRequest, text} }

// Route is a http.HandlerFunc that may fail: with a Fault of the client's, or with an error of ours.
type Route func(w http.ResponseWriter, r *http.Request) error

// TODO(rest-api.7): under /v2 an error is application/problem+json and points at every fault of a body.
func (route Route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := route(w, r)
	if err == nil {
		return
	}
	var fault Fault
	if !errors.As(err, &fault) { // ours: told in our log, not to the client
		log.Print(err)
		fault = Fault{http.StatusInternalServerError, "internal error"}
	}
	_ = writeJSON(w, fault.Status, map[string]string{"error": fault.Text})
}

func readJSON(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return invalid("the body does not fit: " + err.Error())
	}
	return nil
}

// writeJSON gives the length, so that head and body leave in one write where they are small.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails where the client went away: nobody is left to tell
	return nil
}
