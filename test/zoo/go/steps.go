// Runs the steps of the zoo with a client in Go, and prints a line of JSON for each.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

type target struct {
	HTTP     string   `json:"http"`
	SSE      string   `json:"sse"`
	Stdio    []string `json:"stdio"`
	IsLegacy bool     `json:"isLegacy"`
}

type step struct {
	Do        string         `json:"do"`
	Tool      string         `json:"tool"`
	Name      string         `json:"name"`
	URI       string         `json:"uri"`
	Arguments map[string]any `json:"arguments"`
	Prompt    string         `json:"prompt"`
	Argument  string         `json:"argument"`
	Value     string         `json:"value"`
	Level     string         `json:"level"`
	Progress  int            `json:"progress"`
	Logs      int            `json:"logs"`
	Needs     string         `json:"needs"`
}

// client is what a library offers. An operation that it does not offer returns errAbsent.
type client interface {
	initialized() any
	can() []string
	ping(context.Context) (any, error)
	tools(context.Context) (any, error)
	// call asks for progress where onProgress is given.
	call(ctx context.Context, tool string, arguments map[string]any, onProgress func(any)) (any, error)
	resources(context.Context) (any, error)
	templates(context.Context) (any, error)
	read(ctx context.Context, uri string) (any, error)
	prompts(context.Context) (any, error)
	prompt(ctx context.Context, name string, arguments map[string]string) (any, error)
	complete(ctx context.Context, prompt, argument, value string) (any, error)
	level(ctx context.Context, level string) (any, error)
	close()
}

var errAbsent = errors.New("the library does not offer this")

// Far more than a notification needs that is already on its way.
const wait = 5 * time.Second

// notes are notifications that no step has shown yet.
type notes struct {
	mutex sync.Mutex
	list  []any
}

func (n *notes) add(note any) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.list = append(n.list, note)
}

// take waits until there are as many as wanted, for a bounded time, and returns those.
func (n *notes) take(wanted int) []any {
	for ends := time.Now().Add(wait); time.Now().Before(ends); time.Sleep(5 * time.Millisecond) {
		n.mutex.Lock()
		isEnough := len(n.list) >= wanted
		n.mutex.Unlock()
		if isEnough {
			break
		}
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	taken := slices.Clone(n.list[:min(wanted, len(n.list))])
	n.list = n.list[len(taken):]
	return append([]any{}, taken...)
}

type runner struct {
	client    client
	logs      *notes
	isLogging bool
}

func run(connect func(context.Context, target, *notes) (client, error)) {
	var input [2]json.RawMessage
	var to target
	var steps []step
	check(json.Unmarshal([]byte(os.Args[2]), &input))
	check(json.Unmarshal(input[0], &to))
	check(json.Unmarshal(input[1], &steps))
	ctx := context.Background()
	logs := &notes{}
	connected, err := connect(ctx, to, logs)
	check(err)
	r := &runner{client: connected, logs: logs}
	show(map[string]any{"do": "initialize", "result": connected.initialized()})
	for _, s := range steps {
		line := r.take(ctx, s)
		line["do"] = s.Do
		if subject := s.Tool + s.Name + s.URI; subject != "" {
			line["do"] = s.Do + " " + subject
		}
		show(line)
	}
	connected.close()
}

func (r *runner) take(ctx context.Context, s step) map[string]any {
	if s.Do == "cancel" {
		s.Needs = "cancel"
	}
	if s.Needs != "" && !slices.Contains(r.client.can(), s.Needs) {
		return map[string]any{"absent": true}
	}
	if s.Do == "call" {
		return r.call(ctx, s)
	}
	return outcome(r.request(ctx, s))
}

func (r *runner) request(ctx context.Context, s step) (any, error) {
	switch s.Do {
	case "ping":
		return r.client.ping(ctx)
	case "tools":
		return r.client.tools(ctx)
	case "cancel":
		cancellable, cancel := context.WithCancel(ctx)
		return r.client.call(cancellable, s.Tool, s.Arguments, func(any) { cancel() })
	case "resources":
		return r.client.resources(ctx)
	case "templates":
		return r.client.templates(ctx)
	case "read":
		return r.client.read(ctx, s.URI)
	case "prompts":
		return r.client.prompts(ctx)
	case "prompt":
		return r.client.prompt(ctx, s.Name, texts(s.Arguments))
	case "complete":
		return r.client.complete(ctx, s.Prompt, s.Argument, s.Value)
	case "level":
		result, err := r.client.level(ctx, s.Level)
		r.isLogging = r.isLogging || err == nil
		return result, err
	}
	return nil, errAbsent
}

func (r *runner) call(ctx context.Context, s step) map[string]any {
	progress := &notes{}
	var onProgress func(any)
	if s.Progress > 0 {
		onProgress = progress.add
	}
	line := outcome(r.client.call(ctx, s.Tool, s.Arguments, onProgress))
	line["progress"] = progress.take(s.Progress)
	line["logs"] = []any{}
	if r.isLogging {
		line["logs"] = r.logs.take(s.Logs)
	}
	return line
}

func outcome(result any, err error) map[string]any {
	switch {
	case errors.Is(err, errAbsent):
		return map[string]any{"absent": true}
	case err == nil:
		return map[string]any{"result": result}
	}
	said := map[string]any{"message": err.Error()}
	var wire *jsonrpc.Error
	if errors.As(err, &wire) {
		said["code"], said["data"] = wire.Code, wire.Data
	}
	return map[string]any{"error": said}
}

func texts(arguments map[string]any) map[string]string {
	result := map[string]string{}
	for name, value := range arguments {
		result[name], _ = value.(string)
	}
	return result
}

func show(line any) {
	text, err := json.Marshal(line)
	check(err)
	_, err = os.Stdout.Write(append(text, '\n'))
	check(err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
