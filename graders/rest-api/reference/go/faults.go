package main

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fault points at one thing that is wrong with a body.
type Fault struct {
	Pointer string `json:"pointer"` // RFC 6901
	Detail  string `json:"detail"`
}

// faults collects every fault of a body: a client that sent three sees three, and mends them at once.
type faults []Fault

func (f *faults) add(pointer, detail string) { *f = append(*f, Fault{pointer, detail}) }

func (f faults) problem() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortFunc(f, func(a, b Fault) int { return strings.Compare(a.Pointer, b.Pointer) })
	// 400 is for what cannot be read; this was read, and cannot be done.
	refusal := refuse(422, "invalid", "the body is not valid: see errors")
	refusal.Faults = f
	return refusal
}

// object is what of value can be looked at further. Unknown members are faults: a mistyped
// limit_prcie that is dropped silently is a market order.
func (f *faults) object(value any, pointer string, required, optional []string) map[string]any {
	members, isObject := value.(map[string]any)
	if !isObject {
		f.add(pointer, "must be an object")
		return nil
	}
	for name := range members {
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			f.add(pointer+"/"+escaped(name), "is not known")
		}
	}
	for _, name := range required {
		if _, given := members[name]; !given {
			f.add(pointer+"/"+name, "is missing")
		}
	}
	return members
}

// text is a member that must be a string which isGood; a missing one is a matter of object.
func (f *faults) text(members map[string]any, pointer, name string, isGood func(string) bool, rule string) string {
	value, given := members[name]
	text, isText := value.(string)
	if given && (!isText || !isGood(text)) {
		f.add(pointer+"/"+name, "must be "+rule)
	}
	return text
}

// price looks at a limit_price; its members may be left out only in a patch.
func (f *faults) price(value any, required, optional []string) string {
	members := f.object(value, "/limit_price", required, optional)
	f.text(members, "/limit_price", "currency", oneOf("USD"), "USD")
	return f.text(members, "/limit_price", "amount", isDecimal, aDecimal)
}

// escaped is one step of a JSON pointer.
func escaped(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func oneOf(choices ...string) func(string) bool {
	return func(text string) bool { return slices.Contains(choices, text) }
}

const aDecimal = "a decimal above 0 as a string: at most 18 digits, 8 of them behind the point"

var decimalForm = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]{1,8})?$`)

func isDecimal(text string) bool {
	digits := strings.Replace(text, ".", "", 1)
	return decimalForm.MatchString(text) && len(digits) <= 18 && strings.Trim(digits, "0") != ""
}

func isShort(text string) bool {
	length := utf8.RuneCountInString(text)
	return 1 <= length && length <= 64
}

func draftV2(body any) (Draft, error) {
	var f faults
	members := f.object(body, "",
		[]string{"account_id", "instrument", "side", "quantity", "limit_price", "time_in_force"},
		[]string{"client_order_id"})
	draft := Draft{
		AccountID:   f.text(members, "", "account_id", accountForm.MatchString, "ACC- and six digits"),
		Side:        f.text(members, "", "side", oneOf("buy", "sell"), "buy or sell"),
		Quantity:    f.text(members, "", "quantity", isDecimal, aDecimal),
		TimeInForce: f.text(members, "", "time_in_force", oneOf("day", "ioc", "gtc"), "day, ioc or gtc"),
	}
	if _, given := members["client_order_id"]; given {
		text := f.text(members, "", "client_order_id", isShort, "1 to 64 characters")
		draft.ClientOrderID = &text
	}
	if value, given := members["instrument"]; given {
		symbol := f.object(value, "/instrument", []string{"symbol"}, nil)
		draft.Symbol = f.text(symbol, "/instrument", "symbol", symbolForm.MatchString, "two to six capital letters")
	}
	if value, given := members["limit_price"]; given {
		draft.Price = f.price(value, []string{"amount", "currency"}, nil)
	}
	return draft, f.problem()
}

// mergePatch is the change a merge patch (RFC 7396) asks for. A member that is left out stays, inside
// limit_price too; null would remove one, and none of these can be done without.
func mergePatch(body any) (func(Order) Order, error) {
	var f faults
	var price string
	members := f.object(body, "", nil, []string{"quantity", "limit_price"})
	quantity := f.text(members, "", "quantity", isDecimal, aDecimal)
	if value, given := members["limit_price"]; given {
		price = f.price(value, nil, []string{"amount", "currency"})
	}
	apply := func(order Order) Order { // a valid decimal is never "", so "" is "left out"
		if quantity != "" {
			order.Quantity = quantity
		}
		if price != "" {
			order.Price = price
		}
		return order
	}
	return apply, f.problem()
}
