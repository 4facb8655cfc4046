/** Common verbs in Spanish, Portuguese, French, German, Chinese and Japanese, by category. */

import type { Category } from "../category.ts";
import { words } from "./words.ts";

const CATEGORIES_BY_RISK = ["read", "write", "execute", "financial", "destructive"] as const;

type ByCategory = Readonly<Record<Exclude<Category, "unknown">, string>>;

// Infinitives without accents: `tokensOf` removes them from names.
const SPANISH_AND_PORTUGUESE: ByCategory = {
  read: `obtener listar leer buscar consultar mostrar ver encontrar verificar comprobar contar describir analizar
    calcular recuperar obter ler procurar pesquisar exibir visualizar analisar descrever`,
  write: `crear actualizar agregar anadir escribir editar modificar guardar enviar publicar subir copiar mover asignar
    cambiar insertar registrar configurar criar atualizar adicionar escrever salvar gravar inserir alterar cadastrar
    atribuir carregar`,
  execute: `ejecutar iniciar detener reiniciar desplegar lanzar cancelar arrancar correr executar implantar rodar
    disparar`,
  destructive: `eliminar borrar quitar destruir vaciar revocar suprimir excluir deletar apagar remover destruir limpar
    revogar`,
  financial: `pagar cobrar comprar vender reembolsar transferir depositar retirar facturar sacar`,
};

const FRENCH: ByCategory = {
  read: `obtenir lister lire chercher rechercher afficher trouver verifier consulter compter recuperer analyser decrire`,
  write: `creer ajouter ecrire modifier enregistrer envoyer publier copier deplacer renommer inserer configurer
    televerser`,
  execute: `executer demarrer arreter redemarrer lancer deployer annuler declencher`,
  destructive: `supprimer effacer detruire vider enlever retirer revoquer`,
  financial: `acheter vendre rembourser virer facturer`,
};

const GERMAN: ByCategory = {
  read: `abrufen auflisten lesen suchen anzeigen finden holen zeigen prufen pruefen zahlen zaehlen analysieren`,
  write: `erstellen anlegen aktualisieren hinzufugen hinzufuegen schreiben bearbeiten speichern senden hochladen kopieren
    verschieben umbenennen andern aendern setzen einfugen einfuegen`,
  execute: `ausfuhren ausfuehren starten stoppen neustarten bereitstellen abbrechen`,
  destructive: `loschen loeschen entfernen vernichten leeren widerrufen zurucksetzen zuruecksetzen`,
  financial: `bezahlen kaufen verkaufen erstatten uberweisen ueberweisen abbuchen`,
};

const CHINESE_AND_JAPANESE: ByCategory = {
  read: `获取 查询 查看 搜索 列出 读取 检索 统计 分析 显示 取得 検索 一覧 表示 参照 閲覧 確認 読み取 调取 查找 獲取 查詢 搜尋`,
  write: `创建 新建 添加 新增 更新 修改 编辑 写入 保存 上传 发送 发布 设置 复制 移动 導入 作成 追加 編集 変更 保存 送信 投稿 登録 設定
    書き込 創建 設置 修改 發送 上傳`,
  execute: `执行 运行 启动 停止 重启 部署 触发 取消 调用 実行 起動 開始 停止 再起動 呼び出 執行 啟動`,
  destructive: `删除 移除 清空 清除 销毁 撤销 卸载 削除 消去 破棄 刪除 移除`,
  financial: `支付 付款 退款 购买 转账 充值 提现 出售 下单 購入 決済 支払 返金 送金 売却 轉帳`,
};

/** Chinese and Japanese verbs, which are found inside a text, since these languages set no spaces. */
export const UNSPACED_VERBS: ReadonlyMap<string, Category> = new Map(
  entriesOf(CHINESE_AND_JAPANESE, (word) => [word]),
);

/** Spanish, Portuguese, French and German verbs, with the form of the third person. */
export const FOREIGN_VERBS: ReadonlyMap<string, Category> = new Map([
  ...entriesOf(SPANISH_AND_PORTUGUESE, (verb) => [verb, verb.replace(/ar$/, "a").replace(/[ei]r$/, "e")]),
  ...entriesOf(FRENCH, (verb) => [verb, verb.replace(/er$/, "e").replace(/ir$/, "it")]),
  ...entriesOf(GERMAN, (verb) => [verb, verb.replace(/e?n$/, "t")]),
  // Stems that change, and separable verbs at the start of a sentence.
  ...words("obtiene obten muestra encuentra obtem exibe obtient affiche liest zeigt sucht ruft listet").map(
    (verb) => [verb, "read"] as const,
  ),
  ...words("envia anade escribe actualiza cree ajoute ecrit fugt schreibt legt sendet").map(
    (verb) => [verb, "write"] as const,
  ),
  ...words("detiene despliega fuhrt startet").map((verb) => [verb, "execute"] as const),
  ...words("loscht loescht entfernt apaga exclui destroi").map((verb) => [verb, "destructive"] as const),
]);

function entriesOf(verbs: ByCategory, formsOf: (verb: string) => string[]): [string, Category][] {
  return CATEGORIES_BY_RISK.flatMap((category) =>
    words(verbs[category]).flatMap((verb) =>
      formsOf(verb).map((form): [string, Category] => [form, category]),
    ),
  );
}
