package chat_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nudge/server/chat"
)

const protocolTS = "../../frontend/src/chat/protocol.ts"

// TestProtocolTypes holds the types of protocol.go against those of protocol.ts:
// the same names, the same fields, the same of them optional, of like types.
func TestProtocolTypes(t *testing.T) {
	source := readSource(t)
	interfaces := parseInterfaces(source)
	types := []any{
		chat.Auth{}, chat.Person{}, chat.Message{}, chat.Problem{}, chat.Limits{}, chat.Hello{},
		chat.JoinRequest{}, chat.JoinAnswer{}, chat.LeaveRequest{}, chat.SendRequest{}, chat.SendAnswer{},
		chat.HistoryRequest{}, chat.HistoryAnswer{}, chat.NameRequest{}, chat.NameAnswer{},
		chat.TypingRequest{}, chat.TypingEvent{}, chat.PresenceEvent{}, chat.ResyncEvent{},
	}
	for _, value := range types {
		goType := reflect.TypeOf(value)
		want, found := interfaces[goType.Name()]
		if !found {
			t.Errorf("%s has no interface %s", protocolTS, goType.Name())
			continue
		}
		delete(interfaces, goType.Name())
		if got := fieldsOf(goType); !slices.Equal(got, want) {
			t.Errorf("%s: Go has\n\t%s\nTypeScript has\n\t%s", goType.Name(), strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	}
	for name := range interfaces {
		t.Errorf("protocol.go has no type %s", name)
	}
}

func TestProtocolNames(t *testing.T) {
	source := readSource(t)
	events := regexp.MustCompile(`(?s)export const EVENTS = \{(.*?)\}`).FindStringSubmatch(source)
	if events == nil {
		t.Fatal("no EVENTS")
	}
	var got []string
	for _, m := range regexp.MustCompile(`\w+: "([^"]+)"`).FindAllStringSubmatch(events[1], -1) {
		got = append(got, m[1])
	}
	want := []string{
		chat.EventHello, chat.EventMessage, chat.EventPresence, chat.EventResync, chat.EventTyping,
		chat.EventJoin, chat.EventLeave, chat.EventSend, chat.EventHistory, chat.EventName,
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	for _, line := range []string{
		fmt.Sprintf("export const VERSION = %d;", chat.Version),
		fmt.Sprintf("export const LOBBY = %q;", chat.Lobby),
		fmt.Sprintf("export type Feature = %q | %q | %q | %q;", chat.FeatureHistory, chat.FeaturePresence, chat.FeatureTyping, chat.FeatureRooms),
	} {
		if !strings.Contains(source, line) {
			t.Errorf("%s lacks %s", protocolTS, line)
		}
	}
}

func readSource(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(protocolTS)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// parseInterfaces reads the fields of each exported interface, as "name?: type".
func parseInterfaces(source string) map[string][]string {
	interfaces := map[string][]string{}
	field := regexp.MustCompile(`(?m)^\s*(?:readonly )?(\w+\??: [^;]+);`)
	for _, m := range regexp.MustCompile(`(?s)export interface (\w+) \{(.*?)\n\}`).FindAllStringSubmatch(source, -1) {
		fields := []string{}
		for _, f := range field.FindAllStringSubmatch(m[2], -1) {
			fields = append(fields, f[1])
		}
		slices.Sort(fields)
		interfaces[m[1]] = fields
	}
	return interfaces
}

// fieldsOf are a Go type's fields as TypeScript has them. What every ack has, "ok",
// is no part of the types there.
func fieldsOf(goType reflect.Type) []string {
	fields := []string{}
	for i := range goType.NumField() {
		f := goType.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "ok" {
			continue
		}
		if option == "omitempty" {
			name += "?"
		}
		fields = append(fields, name+": "+typeScript(f.Name, f.Type))
	}
	slices.Sort(fields)
	return fields
}

func typeScript(field string, of reflect.Type) string {
	switch of.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "number"
	case reflect.Pointer:
		return typeScript(field, of.Elem()) + " | null"
	case reflect.Slice:
		if field == "Features" {
			return "Feature[]"
		}
		return typeScript(field, of.Elem()) + "[]"
	default:
		return of.Name()
	}
}
