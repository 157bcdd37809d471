package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"time"
)

const (
	callsAtOnce = 8
	silence     = 2 * time.Second // for the whole answer
)

// outside is somebody else's ledger.
type outside struct {
	client *http.Client
	url    string
}

func newOutside(url string) outside {
	transport := &http.Transport{MaxIdleConnsPerHost: callsAtOnce}
	return outside{&http.Client{Transport: transport, Timeout: silence}, url + "/charges"}
}

// confirms calls once. True: it is booked. False: nobody knows, and it has to be called again, with the
// same key. (On a connection that was closed meanwhile net/http does so by itself: the header allows it.)
func (o outside) confirms(ctx context.Context, p pending) bool {
	body, err := json.Marshal(struct {
		AccountID     string  `json:"account_id"`
		ClientOrderID *string `json:"client_order_id,omitempty"`
		EventID       string  `json:"event_id"`
		Amount        string  `json:"amount"`
	}{p.AccountID, p.ClientOrderID, p.EventID, p.Amount})
	if err != nil {
		panic(err) // strings always become JSON
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, bytes.NewReader(body))
	if err != nil {
		log.Printf("ledger: %v", err)
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", p.Key)
	response, err := o.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return false
	}
	// 409: it was booked before, by a call of ours whose answer was lost.
	return response.StatusCode/100 == 2 || response.StatusCode == http.StatusConflict
}
