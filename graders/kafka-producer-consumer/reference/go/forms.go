package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	idForm          = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,64}$`)
	accountForm     = regexp.MustCompile(`^ACC-[0-9]{6}$`)
	symbolForm      = regexp.MustCompile(`^[A-Z]{2,6}$`)
	sideForm        = regexp.MustCompile(`^(buy|sell)$`)
	decimalForm     = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]{1,8})?$`)
	traceparentForm = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

// members of a JSON object, as they came: what nobody asks for is never looked at. Names are compared
// exactly, which encoding/json does for maps and not for structs.
type members map[string]any

// readObject reads one JSON object and nothing behind it. Numbers keep their digits.
func readObject(raw []byte) (members, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object members
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("it is no JSON object: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something stands behind the JSON object")
	}
	if object == nil {
		return nil, errors.New("it is null")
	}
	return object, nil
}

// reader takes members one after the other and remembers the first fault.
type reader struct {
	members
	fault error
}

func (r *reader) failed(format string, of ...any) {
	if r.fault == nil {
		r.fault = fmt.Errorf(format, of...)
	}
}

func (r *reader) text(name string, form *regexp.Regexp) string {
	value, ok := r.members[name].(string)
	if !ok || !form.MatchString(value) {
		r.failed("%s is missing or malformed", name)
	}
	return value
}

// decimal is greater than zero and has at most 18 digits; it is returned as it was written.
func (r *reader) decimal(name string) string {
	value := r.text(name, decimalForm)
	if strings.Trim(value, "0.") == "" || len(strings.Replace(value, ".", "", 1)) > 18 {
		r.failed("%s must be greater than zero and have at most 18 digits", name)
	}
	return value
}

func (r *reader) whole(name string) int64 {
	number, _ := r.members[name].(json.Number)
	value, err := number.Int64()
	if err != nil || value < 1 {
		r.failed("%s is missing or no whole number from 1", name)
	}
	return value
}

func (r *reader) clientOrderID() *string {
	given := r.members["client_order_id"]
	if given == nil {
		return nil
	}
	value, ok := given.(string)
	if length := utf8.RuneCountInString(value); !ok || length < 1 || length > 64 {
		r.failed("client_order_id is no string of 1 to 64 characters")
	}
	return &value
}

// exact is the number that a checked decimal, or a numeric of the database, stands for.
func exact(decimal string) *big.Rat {
	value, ok := new(big.Rat).SetString(decimal)
	if !ok {
		panic("not a decimal: " + decimal) // neither the form nor a numeric column lets it through
	}
	return value
}
