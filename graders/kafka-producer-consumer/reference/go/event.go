package main

const knownType = "order.filled"

// Event is what positions need of an order.filled.
type Event struct {
	EventID, AccountID string
	AccountSeq         int64
	Data               FillData
}

// verdict on a record: an event to apply, a reason to park it, or neither: it is ignored.
type verdict struct {
	event  *Event
	poison error
}

// decide asks no database, so that trying again changes nothing. It takes what it needs, checks all
// that the contract names, and leaves what it does not know alone.
func decide(raw []byte) verdict {
	object, err := readObject(raw)
	if err != nil {
		return verdict{poison: err}
	}
	if kind, ok := object["event_type"].(string); ok && kind != knownType {
		return verdict{}
	}
	r := reader{members: object}
	r.text("event_type", idForm)
	r.whole("schema_version")
	r.text("order_id", idForm)
	if _, ok := object["occurred_at"].(string); !ok {
		r.failed("occurred_at is missing or no string")
	}
	event := Event{
		EventID: r.text("event_id", idForm), AccountID: r.text("account_id", accountForm),
		AccountSeq: r.whole("account_seq"),
	}
	inner, ok := object["data"].(map[string]any)
	if !ok {
		r.failed("data is missing or no object")
	}
	d := reader{members: inner, fault: r.fault}
	if event.Data = readData(&d); d.fault != nil {
		return verdict{poison: d.fault}
	}
	return verdict{event: &event}
}
