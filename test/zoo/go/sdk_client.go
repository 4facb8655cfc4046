// The client of the official Go SDK.
package main

import (
	"context"
	"fmt"
	"os/exec"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type sdkClient struct {
	session *mcp.ClientSession
	mutex   sync.Mutex
	// By progress token.
	progress map[string]func(any)
	// Absent before the step that sets it.
	logLevel string
}

func connectSDK(ctx context.Context, to target, logs *notes) (client, error) {
	connected := &sdkClient{progress: map[string]func(any){}}
	c := mcp.NewClient(&mcp.Implementation{Name: "zoo", Version: "1.0.0"}, &mcp.ClientOptions{
		CreateMessageHandler: func(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			return &mcp.CreateMessageResult{Role: "assistant", Model: "none", Content: &mcp.TextContent{Text: "because"}}, nil
		},
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": "Ada"}}, nil
		},
		LoggingMessageHandler: func(_ context.Context, request *mcp.LoggingMessageRequest) { logs.add(request.Params) },
		ProgressNotificationHandler: func(_ context.Context, request *mcp.ProgressNotificationClientRequest) {
			connected.mutex.Lock()
			onProgress := connected.progress[fmt.Sprint(request.Params.ProgressToken)]
			connected.mutex.Unlock()
			if onProgress != nil {
				onProgress(request.Params)
			}
		},
	})
	c.AddRoots(&mcp.Root{URI: "file:///work", Name: "work"})
	options := &mcp.ClientSessionOptions{}
	if to.IsLegacy {
		options.ProtocolVersion = "2025-11-25"
	}
	session, err := c.Connect(ctx, sdkTransport(to), options)
	connected.session = session
	return connected, err
}

func sdkTransport(to target) mcp.Transport {
	switch {
	case to.HTTP != "":
		return &mcp.StreamableClientTransport{Endpoint: to.HTTP}
	case to.SSE != "":
		return &mcp.SSEClientTransport{Endpoint: to.SSE}
	}
	return &mcp.CommandTransport{Command: exec.Command(to.Stdio[0], to.Stdio[1:]...)}
}

func (c *sdkClient) initialized() any { return c.session.InitializeResult() }

func (c *sdkClient) can() []string { return []string{"sampling", "elicitation", "roots", "cancel"} }

func (c *sdkClient) ping(ctx context.Context) (any, error) { return nil, c.session.Ping(ctx, nil) }

func (c *sdkClient) tools(ctx context.Context) (any, error) { return c.session.ListTools(ctx, nil) }

func (c *sdkClient) call(ctx context.Context, tool string, arguments map[string]any, onProgress func(any)) (any, error) {
	params := &mcp.CallToolParams{Name: tool}
	if arguments != nil {
		params.Arguments = arguments
	}
	// From revision 2026-07-28 on, the level goes with each request, and this library leaves that to its user.
	if c.logLevel != "" && c.session.InitializeResult().ProtocolVersion >= "2026-07-28" {
		params.Meta = mcp.Meta{mcp.MetaKeyLogLevel: c.logLevel}
	}
	if onProgress != nil {
		c.mutex.Lock()
		token := fmt.Sprintf("progress-%d", len(c.progress))
		c.progress[token] = onProgress
		c.mutex.Unlock()
		params.SetProgressToken(token)
	}
	return c.session.CallTool(ctx, params)
}

func (c *sdkClient) resources(ctx context.Context) (any, error) {
	return c.session.ListResources(ctx, nil)
}

func (c *sdkClient) templates(ctx context.Context) (any, error) {
	return c.session.ListResourceTemplates(ctx, nil)
}

func (c *sdkClient) read(ctx context.Context, uri string) (any, error) {
	return c.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
}

func (c *sdkClient) prompts(ctx context.Context) (any, error) { return c.session.ListPrompts(ctx, nil) }

func (c *sdkClient) prompt(ctx context.Context, name string, arguments map[string]string) (any, error) {
	return c.session.GetPrompt(ctx, &mcp.GetPromptParams{Name: name, Arguments: arguments})
}

func (c *sdkClient) complete(ctx context.Context, prompt, argument, value string) (any, error) {
	return c.session.Complete(ctx, &mcp.CompleteParams{
		Ref:      &mcp.CompleteReference{Type: "ref/prompt", Name: prompt},
		Argument: mcp.CompleteParamsArgument{Name: argument, Value: value},
	})
}

func (c *sdkClient) level(ctx context.Context, level string) (any, error) {
	c.logLevel = level
	return nil, c.session.SetLoggingLevel(ctx, &mcp.SetLoggingLevelParams{Level: mcp.LoggingLevel(level)})
}

func (c *sdkClient) close() { c.session.Close() }
