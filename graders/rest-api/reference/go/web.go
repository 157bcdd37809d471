package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxBody = 256 << 10

// v1 is deprecated since 2026-01-01 and may go away after 2027-06-30 (RFC 9745, RFC 8594).
const (
	deprecation = "@1767225600"
	sunset      = "Wed, 30 Jun 2027 23:59:59 GMT"
	links       = `</v2/orders>; rel="successor-version", </openapi.json>; rel="deprecation"`
)

//go:embed openapi.json
var openAPI []byte

var (
	accountForm = regexp.MustCompile(`^ACC-[0-9]{6}$`)
	symbolForm  = regexp.MustCompile(`^[A-Z]{2,6}$`)
	countForm   = regexp.MustCompile(`^0*[1-9][0-9]*$`)
)

// Problem is a refusal, in whatever form the version that is spoken gives it.
type Problem struct {
	Status int
	Kind   string
	Detail string
	Faults []Fault
	ETag   string
}

func refuse(status int, kind, detail string) *Problem {
	return &Problem{Status: status, Kind: kind, Detail: detail}
}

func (p *Problem) Error() string { return p.Detail }

// endpoint answers a request, or returns why not: a *Problem, or an error that is our own fault.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// methods are the endpoints of one resource.
type methods map[string]endpoint

// mount serves a resource. It answers other methods itself, because http.ServeMux would do so in
// plain text, and refuses before the endpoint runs what no representation could be sent for.
func mount(mux *http.ServeMux, pattern string, resource methods) {
	allowed := []string{}
	for method := range resource {
		allowed = append(allowed, method)
		if method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	allow := strings.Join(allowed, ", ")

	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead { // HEAD is GET; net/http leaves the body out
			method = http.MethodGet
		}
		answer, known := resource[method]
		if !known {
			w.Header().Set("Allow", allow)
			sendError(w, r, refuse(405, "method-not-allowed", "this resource knows "+allow))
			return
		}
		if err := acceptable(r); err != nil {
			sendError(w, r, err)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if err := answer(w, r); err != nil {
			sendError(w, r, err)
		}
	})
}

func mountShared(mux *http.ServeMux) {
	mount(mux, "/healthz", methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
		return sendJSON(w, 200, map[string]string{"status": "ok"})
	}})
	mount(mux, "/openapi.json", methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
		return send(w, 200, "application/json", openAPI)
	}})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		sendError(w, r, refuse(404, "not-found", "there is nothing at this path"))
	})
}

// dress adds what every answer under /v1 carries. It stands around the whole mux, so that no answer
// can be without it, whoever made it.
func dress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isV1(r) {
			w.Header().Set("Deprecation", deprecation)
			w.Header().Set("Sunset", sunset)
			w.Header().Set("Link", links)
		}
		next.ServeHTTP(w, r)
	})
}

func isV1(r *http.Request) bool {
	return r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/")
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the head is out: a client that has gone away cannot be told anything
	return nil
}

func sendAs(w http.ResponseWriter, status int, contentType string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return send(w, status, contentType, body)
}

func sendJSON(w http.ResponseWriter, status int, value any) error {
	return sendAs(w, status, "application/json", value)
}

// sendError is the one place that knows how each version refuses.
func sendError(w http.ResponseWriter, r *http.Request, err error) {
	var problem *Problem
	if !errors.As(err, &problem) {
		log.Printf("%s %s: %v", r.Method, r.URL.Path, err) // the log gets the details, the client does not
		problem = refuse(500, "internal", "something went wrong here")
	}
	if isV1(r) {
		_ = sendJSON(w, problem.Status, map[string]string{"error": problem.Detail})
		return
	}
	if problem.ETag != "" {
		w.Header().Set("ETag", problem.ETag)
	}
	// RFC 9457. The type is what a client may switch on; the texts are for people.
	_ = sendAs(w, problem.Status, "application/problem+json", struct {
		Type   string  `json:"type"`
		Title  string  `json:"title"`
		Status int     `json:"status"`
		Detail string  `json:"detail"`
		Errors []Fault `json:"errors,omitempty"`
	}{
		"urn:problem:orders:" + problem.Kind, http.StatusText(problem.Status), problem.Status, problem.Detail, problem.Faults,
	})
}

// readJSON reads the body. Numbers stay texts, so that the caller decides what they become.
// A missing Content-Type is taken for the right one.
func readJSON(r *http.Request, mediaTypes ...string) (any, error) {
	if given := r.Header.Get("Content-Type"); given != "" {
		essence, _, _ := strings.Cut(given, ";")
		if !slices.Contains(mediaTypes, strings.ToLower(strings.TrimSpace(essence))) {
			return nil, refuse(415, "unsupported-media-type", "send "+strings.Join(mediaTypes, " or "))
		}
	}
	text, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, refuse(413, "too-large", "a body has at most "+strconv.Itoa(maxBody)+" bytes")
	}
	malformed := refuse(400, "malformed-json", "the body is not JSON")
	if err != nil || !utf8.Valid(text) { // encoding/json would replace bad bytes silently
		return nil, malformed
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil, malformed
	}
	if _, err := decoder.Token(); err != io.EOF { // something stands behind the value
		return nil, malformed
	}
	return value, nil
}

// count reads a query parameter that counts something: digits, at least 1.
func count(r *http.Request, name string, otherwise int) (int, error) {
	query := r.URL.Query()
	if !query.Has(name) {
		return otherwise, nil
	}
	text := query.Get(name)
	if !countForm.MatchString(text) {
		return 0, refuse(400, "bad-parameter", name+" must be a whole number of at least 1")
	}
	number, _ := strconv.Atoi(text) // of one that is too large it makes the largest, which serves as well
	return number, nil
}

func account(r *http.Request) (string, error) {
	id := r.URL.Query().Get("account_id")
	if !accountForm.MatchString(id) {
		return "", refuse(400, "bad-parameter", "account_id is required: ACC- and six digits")
	}
	return id, nil
}

func acceptable(r *http.Request) error {
	accept := strings.Join(r.Header.Values("Accept"), ", ")
	if strings.TrimSpace(accept) == "" {
		return nil
	}
	offered := []string{"application/json"}
	if !isV1(r) {
		offered = append(offered, "application/problem+json")
	}
	for _, mediaType := range offered {
		if quality(accept, mediaType) > 0 {
			return nil
		}
	}
	return refuse(406, "not-acceptable", "this resource speaks "+strings.Join(offered, " and "))
}

// quality is the weight accept gives to mediaType: the most specific range decides (RFC 9110 §12.5.1).
func quality(accept, mediaType string) float64 {
	kind, _, _ := strings.Cut(mediaType, "/")
	specificity := map[string]int{"*/*": 1, kind + "/*": 2, mediaType: 3}
	best, weight := 0, 0.0
	for _, item := range strings.Split(strings.ToLower(accept), ",") {
		mediaRange, parameters, _ := strings.Cut(item, ";")
		rank := specificity[strings.TrimSpace(mediaRange)]
		if rank <= best {
			continue
		}
		best, weight = rank, 1
		for _, parameter := range strings.Split(parameters, ";") {
			if text, isWeight := strings.CutPrefix(strings.TrimSpace(parameter), "q="); isWeight {
				if q, err := strconv.ParseFloat(text, 64); err == nil {
					weight = q // an unreadable weight is no reason to refuse
				}
			}
		}
	}
	return weight
}
