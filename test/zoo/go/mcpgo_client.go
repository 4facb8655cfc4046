// The client of mark3labs/mcp-go.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	mcpgo "github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

type mcpGoClient struct {
	client *mcpgo.Client
	// What it does over this transport.
	offers []string
	result *mcp.InitializeResult
	mutex  sync.Mutex
	// By progress token.
	progress map[string]func(any)
}

// mcpGoUser answers a server that asks.
type mcpGoUser struct{}

func (mcpGoUser) CreateMessage(context.Context, mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
	message := mcp.SamplingMessage{Role: mcp.RoleAssistant, Content: mcp.NewTextContent("because")}
	return &mcp.CreateMessageResult{SamplingMessage: message, Model: "none"}, nil
}

func (mcpGoUser) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	answer := mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"name": "Ada"}}
	return &mcp.ElicitationResult{ElicitationResponse: answer}, nil
}

func (mcpGoUser) ListRoots(context.Context, mcp.ListRootsRequest) (*mcp.ListRootsResult, error) {
	return &mcp.ListRootsResult{Roots: []mcp.Root{{URI: "file:///work", Name: "work"}}}, nil
}

func connectMCPGo(ctx context.Context, to target, logs *notes) (client, error) {
	over, err := mcpGoTransport(to)
	if err != nil {
		return nil, err
	}
	user := mcpGoUser{}
	options := []mcpgo.ClientOption{
		mcpgo.WithSamplingHandler(user), mcpgo.WithElicitationHandler(user), mcpgo.WithRootsHandler(user),
		// A server in Python takes a while to start on a busy machine.
		mcpgo.WithDiscoverTimeout(time.Minute),
	}
	if to.IsLegacy {
		options = append(options, mcpgo.WithLegacyProtocolOnly())
	}
	c := &mcpGoClient{client: mcpgo.NewClient(over, options...), offers: mcpGoOffers(to), progress: map[string]func(any){}}
	if err := c.client.Start(ctx); err != nil {
		return nil, err
	}
	c.client.OnNotification(func(notification mcp.JSONRPCNotification) { c.notified(notification, logs) })
	request := mcp.InitializeRequest{}
	request.Params.ClientInfo = mcp.Implementation{Name: "zoo", Version: "1.0.0"}
	c.result, err = c.client.Initialize(ctx, request)
	return c, err
}

// mcpGoOffers leaves out what this library does not do: over HTTP, with its defaults, it answers no request of the
// server, and over HTTP+SSE it sends no cancellation either.
func mcpGoOffers(to target) []string {
	switch {
	case to.HTTP != "":
		return []string{"cancel"}
	case to.SSE != "":
		return nil
	}
	return []string{"sampling", "elicitation", "roots", "cancel"}
}

func mcpGoTransport(to target) (transport.Interface, error) {
	switch {
	case to.HTTP != "":
		return transport.NewStreamableHTTP(to.HTTP)
	case to.SSE != "":
		return transport.NewSSE(to.SSE)
	}
	return transport.NewStdioWithOptions(to.Stdio[0], nil, to.Stdio[1:]), nil
}

func (c *mcpGoClient) notified(notification mcp.JSONRPCNotification, logs *notes) {
	text, err := json.Marshal(notification.Params)
	check(err)
	var params map[string]any
	check(json.Unmarshal(text, &params))
	switch notification.Method {
	case "notifications/message":
		logs.add(params)
	case "notifications/progress":
		c.mutex.Lock()
		onProgress := c.progress[fmt.Sprint(params["progressToken"])]
		c.mutex.Unlock()
		if onProgress != nil {
			onProgress(params)
		}
	}
}

func (c *mcpGoClient) initialized() any { return c.result }

func (c *mcpGoClient) can() []string { return c.offers }

func (c *mcpGoClient) ping(ctx context.Context) (any, error) { return nil, c.client.Ping(ctx) }

func (c *mcpGoClient) tools(ctx context.Context) (any, error) {
	return c.client.ListTools(ctx, mcp.ListToolsRequest{})
}

func (c *mcpGoClient) call(ctx context.Context, tool string, arguments map[string]any, onProgress func(any)) (any, error) {
	request := mcp.CallToolRequest{}
	request.Params.Name = tool
	if arguments != nil {
		request.Params.Arguments = arguments
	}
	if onProgress != nil {
		c.mutex.Lock()
		token := fmt.Sprintf("progress-%d", len(c.progress))
		c.progress[token] = onProgress
		c.mutex.Unlock()
		request.Params.Meta = &mcp.Meta{ProgressToken: token}
	}
	return c.client.CallTool(ctx, request)
}

func (c *mcpGoClient) resources(ctx context.Context) (any, error) {
	return c.client.ListResources(ctx, mcp.ListResourcesRequest{})
}

func (c *mcpGoClient) templates(ctx context.Context) (any, error) {
	return c.client.ListResourceTemplates(ctx, mcp.ListResourceTemplatesRequest{})
}

func (c *mcpGoClient) read(ctx context.Context, uri string) (any, error) {
	request := mcp.ReadResourceRequest{}
	request.Params.URI = uri
	return c.client.ReadResource(ctx, request)
}

func (c *mcpGoClient) prompts(ctx context.Context) (any, error) {
	return c.client.ListPrompts(ctx, mcp.ListPromptsRequest{})
}

func (c *mcpGoClient) prompt(ctx context.Context, name string, arguments map[string]string) (any, error) {
	request := mcp.GetPromptRequest{}
	request.Params.Name, request.Params.Arguments = name, arguments
	return c.client.GetPrompt(ctx, request)
}

func (c *mcpGoClient) complete(ctx context.Context, prompt, argument, value string) (any, error) {
	request := mcp.CompleteRequest{}
	request.Params.Ref = mcp.PromptReference{Type: "ref/prompt", Name: prompt}
	request.Params.Argument = mcp.CompleteArgument{Name: argument, Value: value}
	return c.client.Complete(ctx, request)
}

func (c *mcpGoClient) level(ctx context.Context, level string) (any, error) {
	request := mcp.SetLevelRequest{}
	request.Params.Level = mcp.LoggingLevel(level)
	return nil, c.client.SetLevel(ctx, request)
}

func (c *mcpGoClient) close() { c.client.Close() }
