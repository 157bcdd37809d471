package main

import "math/big"

const knownType = "order.filled"

// Charge is an order whose commission is due, as a request or an event states it. Decimals stay as they
// were written.
type Charge struct {
	AccountID, EventID string
	Data               OrderData
}

// OrderData is the part of an event that is this kind of event's own.
type OrderData struct {
	Symbol        string  `json:"symbol"`
	Side          string  `json:"side"`
	Quantity      string  `json:"quantity"`
	Price         string  `json:"price"`
	ClientOrderID *string `json:"client_order_id,omitempty"`
}

func readOrderData(r *reader) OrderData {
	return OrderData{
		Symbol: r.text("symbol", symbolForm), Side: r.text("side", sideForm),
		Quantity: r.decimal("quantity"), Price: r.decimal("price"), ClientOrderID: r.clientOrderID(),
	}
}

// identity is what makes two charges one order. No part has a space in it, so none can pass for another;
// and an event_id that reads like a client_order_id stays an event_id.
func (c Charge) identity() string {
	if c.Data.ClientOrderID == nil {
		return "event " + c.EventID
	}
	return "order " + c.AccountID + " " + *c.Data.ClientOrderID
}

var (
	rate        = big.NewRat(5, 10_000)
	eightPlaces = big.NewInt(100_000_000)
)

// commission is exact until it is rounded once, at 8 places, half to even.
func (c Charge) commission() string {
	due := new(big.Rat).Mul(rate, exact(c.Data.Quantity))
	due.Mul(due, exact(c.Data.Price))
	scaled := new(big.Int).Mul(due.Num(), eightPlaces)
	whole, rest := new(big.Int).QuoRem(scaled, due.Denom(), new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(due.Denom())
	if half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(whole, eightPlaces).FloatString(8)
}

// verdict on a record: a charge, a reason to park it, or neither: it is ignored.
type verdict struct {
	charge *Charge
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
	r.whole("account_seq")
	r.text("order_id", idForm)
	if _, ok := object["occurred_at"].(string); !ok {
		r.failed("occurred_at is missing or no string")
	}
	charge := Charge{AccountID: r.text("account_id", accountForm), EventID: r.text("event_id", idForm)}
	inner, ok := object["data"].(map[string]any)
	if !ok {
		r.failed("data is missing or no object")
	}
	d := reader{members: inner, fault: r.fault}
	if charge.Data = readOrderData(&d); d.fault != nil {
		return verdict{poison: d.fault}
	}
	return verdict{charge: &charge}
}
