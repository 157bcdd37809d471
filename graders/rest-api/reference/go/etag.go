package main

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// comparison is how entity tags are compared (RFC 9110 §8.8.3.2).
type comparison bool

const (
	strongly comparison = true
	weakly   comparison = false
)

var tagForm = regexp.MustCompile(`(?:W/)?"[^"]*"`)

// etag is strong: the version counts every change of anything that is shown, and there is one encoding.
func etag(o Order) string { return `"` + strconv.Itoa(o.Version) + `"` }

// matches says whether a list of entity tags, or *, names this version.
func matches(field string, order Order, compared comparison) bool {
	if strings.TrimSpace(field) == "*" {
		return true
	}
	tags := tagForm.FindAllString(field, -1)
	if compared == weakly {
		for i, tag := range tags {
			tags[i] = strings.TrimPrefix(tag, "W/")
		}
	}
	return slices.Contains(tags, etag(order))
}

// headerList is a field that may come in several lines, as one.
func headerList(r *http.Request, name string) string {
	return strings.Join(r.Header.Values(name), ", ")
}
