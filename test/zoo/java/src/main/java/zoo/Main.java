package zoo;

/** The zoo's programs in Java: {@code sdk-client INPUT}, {@code langchain4j-client INPUT}, {@code server stdio}, {@code server http|sse PORT}. */
public final class Main {
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "sdk-client" -> Steps.run(args[1], SdkClient::new);
            case "langchain4j-client" -> Steps.run(args[1], LangChainClient::new);
            case "server" -> Server.serve(args[1], args.length > 2 ? Integer.parseInt(args[2]) : 0);
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.exit(0);
    }
}
