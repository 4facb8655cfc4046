// Servers that execute what they read: `sdk PORT` with the official SDK, `mcp-go PORT` with
// mark3labs/mcp-go, `plain PORT` and `lines` with encoding/json alone.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type options struct {
	Amount float64 `json:"amount,omitempty"`
}

type arguments struct {
	Amount float64  `json:"amount,omitempty"`
	Path   string   `json:"path,omitempty"`
	Opts   *options `json:"opts,omitempty"`
	Force  bool     `json:"force,omitempty"`
	UID    *float64 `json:"uid,omitempty"`
	Nums   []int    `json:"nums,omitempty"`
	Detail options  `json:"detail"`
	Mode   string   `json:"mode,omitempty"`
}

var (
	record *os.File
	mutex  sync.Mutex
)

// finite makes a great number of what JSON has no word for, as the getters of mcp-go read it from a text.
func finite(amount float64) float64 {
	if math.IsNaN(amount) || math.IsInf(amount, 0) {
		return 1e308
	}
	return amount
}

func ran(tool string, args arguments) string {
	uid := 1.0
	if args.UID != nil {
		uid = *args.UID
	}
	line, _ := json.Marshal(map[string]any{"tool": tool, "args": map[string]any{
		"amount": finite(args.Amount), "path": args.Path, "opts": args.Opts, "force": args.Force, "uid": uid,
		"nums": append([]int{}, args.Nums...), "detail": map[string]float64{"amount": args.Detail.Amount}, "mode": args.Mode}})
	mutex.Lock()
	defer mutex.Unlock()
	record.Write(append(line, '\n'))
	return tool + " ran"
}

var tools = []string{"safe", "danger", "pay", "write", "order", "typed"}

var schemas = map[string]string{
	"safe":   `{"type":"object"}`,
	"danger": `{"type":"object"}`,
	"pay":    `{"type":"object","properties":{"amount":{"type":"number"}}}`,
	"write":  `{"type":"object","properties":{"path":{"type":"string"}}}`,
	"order":  `{"type":"object","properties":{"opts":{"type":"object","properties":{"amount":{"type":"number"}}}}}`,
	"typed": `{"type":"object","properties":{"force":{"type":"boolean"},"uid":{"type":"number"},
		"nums":{"type":"array","items":{"type":"integer"}},"mode":{"type":"string"},
		"detail":{"type":"object","properties":{"amount":{"type":"number"}}}}}`,
}

func main() {
	if os.Args[1] == "parse" {
		parseLines()
		return
	}
	var err error
	record, err = os.OpenFile(os.Getenv("RECORD_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	switch os.Args[1] {
	case "sdk":
		serve(sdkHandler())
	case "mcp-go":
		serve(mcpGoHandler())
	case "plain":
		serve(http.HandlerFunc(plainHandler))
	case "lines":
		serveLines()
	}
}

func serve(handler http.Handler) {
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:"+os.Args[2], handler))
	os.Exit(1)
}

func sdkHandler() http.Handler {
	server := mcp.NewServer(&mcp.Implementation{Name: "go-executing", Version: "1.0.0"}, nil)
	for _, name := range tools {
		tool := &mcp.Tool{Name: name, InputSchema: json.RawMessage(schemas[name])}
		server.AddTool(tool, func(_ context.Context, request *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			var args arguments
			if err := json.Unmarshal(request.Params.Arguments, &args); err != nil && len(request.Params.Arguments) > 0 {
				return nil, err
			}
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: ran(name, args)}}}, nil
		})
	}
	stateless := &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}
	return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, stateless)
}

// message is what the standard library reads, case folding, last duplicate and all.
type message struct {
	ID     any    `json:"id"`
	Method string `json:"method"`
	Params struct {
		Name      string    `json:"name"`
		Arguments arguments `json:"arguments"`
	} `json:"params"`
}

// execute runs every message of a body: an object, a batch of objects, or several after each other.
func execute(body io.Reader, answer io.Writer) error {
	decoder := json.NewDecoder(body)
	for {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var batch []message
		if json.Unmarshal(raw, &batch) != nil {
			var one message
			// Like many a server it goes on with what it could read.
			_ = json.Unmarshal(raw, &one)
			batch = []message{one}
		}
		for _, each := range batch {
			executeOne(each, answer)
		}
	}
}

func executeOne(each message, answer io.Writer) {
	result := map[string]any{}
	if each.Method == "tools/call" {
		for _, name := range tools {
			if name == each.Params.Name {
				text := ran(name, each.Params.Arguments)
				result["content"] = []map[string]any{{"type": "text", "text": text}}
			}
		}
	}
	if each.Method == "tools/list" {
		listed := []map[string]any{}
		for _, name := range tools {
			listed = append(listed, map[string]any{"name": name, "inputSchema": json.RawMessage(schemas[name])})
		}
		result["tools"] = listed
	}
	if each.ID != nil {
		reply, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": each.ID, "result": result})
		answer.Write(append(reply, '\n'))
	}
}

// plainHandler looks at neither path, method nor Content-Type.
func plainHandler(response http.ResponseWriter, request *http.Request) {
	response.Header().Set("content-type", "application/json")
	if err := execute(request.Body, response); err != nil {
		response.WriteHeader(http.StatusBadRequest)
	}
}

func serveLines() {
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var each message
			if json.Unmarshal(line, &each) == nil {
				executeOne(each, os.Stdout)
			}
		}
		if err != nil {
			return
		}
	}
}
