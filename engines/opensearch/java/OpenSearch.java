import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.index.mapper.MapperExtrasPlugin;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * Runs one node of OpenSearch from its published libraries, for tests and development.
 * Arguments: the home folder, then settings as name=value.
 */
final class OpenSearch {
  private static final List<Class<? extends Plugin>> PLUGINS =
      List.of(
          Netty4Plugin.class, MapperExtrasPlugin.class, ReindexPlugin.class, CommonAnalysisPlugin.class, PainlessPlugin.class);

  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]).toAbsolutePath();
    Map<String, String> settings = new HashMap<>();
    settings.put("path.home", home.toString());
    settings.put("http.type", "netty4");
    settings.put("transport.type", "netty4");
    settings.put("discovery.type", "single-node");
    for (int i = 1; i < arguments.length; i += 1) {
      String[] pair = arguments[i].split("=", 2);
      settings.put(pair[0], pair[1]);
    }
    Environment environment = InternalSettingsPreparer.prepareEnvironment(
        Settings.EMPTY, settings, home.resolve("config"), () -> "fritzy");
    CountDownLatch stopped = new CountDownLatch(1);
    Node node = new OpenNode(environment);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        node.close();
      } catch (Exception error) {
        error.printStackTrace();
      } finally {
        stopped.countDown();
      }
    }));
    node.start();
    stopped.await();
  }

  /** Needed because the constructor that accepts plugin classes is protected. */
  private static final class OpenNode extends Node {
    OpenNode(Environment environment) {
      super(environment, PLUGINS, true);
    }
  }
}
