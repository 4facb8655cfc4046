// The zoo's server on the official Go SDK.
package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

var bytes = []byte{0, 1, 127, 128, 255}

// cancelled has an item for each call of `wait` that was cancelled.
var cancelled = make(chan struct{}, 100)

type none struct{}

type sumInput struct {
	A int `json:"a"`
	B int `json:"b"`
}

type sumOutput struct {
	Sum int `json:"sum"`
}

func serve(args []string) {
	if args[0] == "stdio" {
		check(newServer().Run(context.Background(), &mcp.StdioTransport{}))
		return
	}
	getServer := func(*http.Request) *mcp.Server { return newServer() }
	var handler http.Handler = eitherEra{
		legacy: mcp.NewStreamableHTTPHandler(getServer, nil),
		modern: mcp.NewStreamableHTTPHandler(getServer, &mcp.StreamableHTTPOptions{Stateless: true}),
	}
	if args[0] == "sse" {
		handler = mcp.NewSSEHandler(getServer, nil)
	}
	check(http.ListenAndServe("127.0.0.1:"+args[1], handler))
}

// eitherEra chooses by revision: this library serves sessions, or revision 2026-07-28, by one handler each.
type eitherEra struct{ legacy, modern http.Handler }

func (e eitherEra) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("MCP-Protocol-Version") >= "2026-07-28" {
		e.modern.ServeHTTP(w, r)
		return
	}
	e.legacy.ServeHTTP(w, r)
}

func newServer() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "zoo", Version: "1.0.0"}, &mcp.ServerOptions{Instructions: "A server for comparisons."})
	addTools(s)
	addTalkingTools(s)
	addResources(s)
	s.AddPrompt(
		&mcp.Prompt{Name: "greet", Description: "Greets somebody.", Arguments: []*mcp.PromptArgument{{Name: "name", Required: true}}},
		func(_ context.Context, request *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			said := &mcp.TextContent{Text: "Say hello to " + request.Params.Arguments["name"] + "."}
			return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: said}}}, nil
		},
	)
	return s
}

func addTools(s *mcp.Server) {
	mcp.AddTool(s, &mcp.Tool{Name: "echo", Description: "Returns the text."},
		func(_ context.Context, _ *mcp.CallToolRequest, in struct {
			Text string `json:"text"`
		}) (*mcp.CallToolResult, any, error) {
			return text(in.Text), nil, nil
		})
	mcp.AddTool(s, &mcp.Tool{Name: "sum", Description: "Adds two integers."},
		func(_ context.Context, _ *mcp.CallToolRequest, in sumInput) (*mcp.CallToolResult, sumOutput, error) {
			return nil, sumOutput{in.A + in.B}, nil
		})
	mcp.AddTool(s, &mcp.Tool{Name: "nothing", Description: "Takes nothing and returns nothing."},
		func(context.Context, *mcp.CallToolRequest, none) (*mcp.CallToolResult, any, error) {
			return &mcp.CallToolResult{}, nil, nil
		})
	mcp.AddTool(s, &mcp.Tool{Name: "fail", Description: "Fails."},
		func(_ context.Context, _ *mcp.CallToolRequest, in struct {
			Reason string `json:"reason"`
		}) (*mcp.CallToolResult, any, error) {
			return nil, nil, fmt.Errorf("it failed: %s", in.Reason)
		})
	mcp.AddTool(s, &mcp.Tool{Name: "picture", Description: "Returns content of every kind."},
		func(context.Context, *mcp.CallToolRequest, none) (*mcp.CallToolResult, any, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{
				&mcp.TextContent{Text: "a picture"},
				&mcp.ImageContent{Data: bytes, MIMEType: "image/png"},
				&mcp.ResourceLink{URI: "zoo://note", Name: "note"},
				&mcp.EmbeddedResource{Resource: &mcp.ResourceContents{URI: "zoo://bytes", Blob: bytes}},
			}}, nil, nil
		})
}

// addTalkingTools adds the tools that send messages before their result.
func addTalkingTools(s *mcp.Server) {
	mcp.AddTool(s, &mcp.Tool{Name: "work", Description: "Sends a log message, then a progress notification for each step."}, work)
	mcp.AddTool(s, &mcp.Tool{Name: "ask", Description: "Asks the user for a name."}, ask)
	mcp.AddTool(s, &mcp.Tool{Name: "wait", Description: "Sends a progress notification, then waits until the call is cancelled."},
		func(ctx context.Context, request *mcp.CallToolRequest, _ none) (*mcp.CallToolResult, any, error) {
			report(ctx, request, 1, 2, "waiting")
			select {
			case <-ctx.Done():
				cancelled <- struct{}{}
				return nil, nil, ctx.Err()
			case <-time.After(time.Minute):
				return text("waited"), nil, nil
			}
		})
	mcp.AddTool(s, &mcp.Tool{Name: "cancelled", Description: "Whether a call of `wait` was cancelled."},
		func(context.Context, *mcp.CallToolRequest, none) (*mcp.CallToolResult, any, error) {
			select {
			case <-cancelled:
				return text("a call was cancelled"), nil, nil
			case <-time.After(5 * time.Second):
				return text("no call was cancelled"), nil, nil
			}
		})
}

func work(ctx context.Context, request *mcp.CallToolRequest, in struct {
	Steps int `json:"steps"`
}) (*mcp.CallToolResult, any, error) {
	if err := request.Session.Log(ctx, &mcp.LoggingMessageParams{Level: "info", Data: "at work"}); err != nil {
		return nil, nil, err
	}
	for step := 1; step <= in.Steps; step++ {
		report(ctx, request, step, in.Steps, fmt.Sprintf("step %d", step))
	}
	// A client that gets progress and result in one piece may not have seen the progress before the result.
	time.Sleep(200 * time.Millisecond)
	return text("done"), nil, nil
}

func ask(ctx context.Context, request *mcp.CallToolRequest, _ none) (*mcp.CallToolResult, any, error) {
	schema := map[string]any{
		"type":       "object",
		"properties": map[string]any{"name": map[string]any{"type": "string"}},
		"required":   []string{"name"},
	}
	answer, err := request.Session.Elicit(ctx, &mcp.ElicitParams{Mode: "form", Message: "What is your name?", RequestedSchema: schema})
	if err != nil {
		return nil, nil, err
	}
	return text(fmt.Sprint(answer.Content["name"])), nil, nil
}

func report(ctx context.Context, request *mcp.CallToolRequest, done, total int, message string) {
	token := request.Params.GetProgressToken()
	if token == nil {
		return
	}
	_ = request.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
		ProgressToken: token, Progress: float64(done), Total: float64(total), Message: message,
	})
}

func addResources(s *mcp.Server) {
	note := &mcp.ResourceContents{URI: "zoo://note", MIMEType: "text/plain", Text: "a note with ä and 🦄"}
	blob := &mcp.ResourceContents{URI: "zoo://bytes", MIMEType: "application/octet-stream", Blob: bytes}
	for name, contents := range map[string]*mcp.ResourceContents{"note": note, "bytes": blob} {
		s.AddResource(&mcp.Resource{URI: contents.URI, Name: name, MIMEType: contents.MIMEType},
			func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
				return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{contents}}, nil
			})
	}
	s.AddResourceTemplate(&mcp.ResourceTemplate{URITemplate: "zoo://item/{item}", Name: "item", MIMEType: "text/plain"},
		func(_ context.Context, request *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			uri := request.Params.URI
			said := "item " + strings.TrimPrefix(uri, "zoo://item/")
			return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: uri, MIMEType: "text/plain", Text: said}}}, nil
		})
}

func text(said string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: said}}}
}
