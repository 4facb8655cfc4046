package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// mcpGoHandler serves the tools with mark3labs/mcp-go, which read their arguments with its getters where there is one.
func mcpGoHandler() http.Handler {
	executing := server.NewMCPServer("mcp-go-executing", "1.0.0", server.WithToolCapabilities(false))
	for _, name := range tools {
		tool := mcp.NewToolWithRawSchema(name, name, json.RawMessage(schemas[name]))
		executing.AddTool(tool, func(_ context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText(ran(name, gotten(request))), nil
		})
	}
	return server.NewStreamableHTTPServer(executing, server.WithStateLess(true))
}

// gotten reads objects, which have no getter, by themselves: what does not fit is left at its zero value.
func gotten(request mcp.CallToolRequest) arguments {
	var objects struct {
		Opts   *options `json:"opts"`
		Detail options  `json:"detail"`
	}
	_ = request.BindArguments(&objects)
	uid := float64(request.GetInt("uid", 1))
	return arguments{
		Amount: request.GetFloat("amount", 0),
		Path:   request.GetString("path", ""),
		Opts:   objects.Opts,
		Force:  request.GetBool("force", false),
		UID:    &uid,
		Nums:   request.GetIntSlice("nums", nil),
		Detail: objects.Detail,
		Mode:   request.GetString("mode", "test"),
	}
}
