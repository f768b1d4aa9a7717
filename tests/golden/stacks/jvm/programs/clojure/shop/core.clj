(ns shop.core)

(defn charge [order] (throw (ex-info "order refused" {:order order})))
(defn refund-order! [order] (throw (IllegalStateException. (str "order " order " is closed"))))
(defn in-function [order] (doall (map (fn [n] (throw (IllegalStateException. (str "order " n)))) [order])))
(defn in-named [order] ((fn check [n] (throw (IllegalStateException. (str "order " n)))) order))
(defn divided [order] (/ order 0))
(defn wrapped [order] (try (charge order) (catch Exception error (throw (ex-info "cart failed" {:cart order} error)))))
(defn many-arguments [order & more] (throw (IllegalStateException. (str "order " order more))))
(defprotocol Store (load-order [this order]))
(defrecord OnDisk [] Store (load-order [_ order] (throw (IllegalStateException. (str "order " order " is not stored")))))
(defn reified [order] (.run (reify Runnable (run [_] (throw (IllegalStateException. (str "order " order)))))))
(defmulti ship :kind)
(defmethod ship :air [order] (throw (IllegalStateException. (str "no plane for " (:id order)))))

(defn seen [label block]
  (try (block)
    (catch Throwable error
      (let [text (java.io.StringWriter.)]
        (.printStackTrace error (java.io.PrintWriter. text))
        (println (str "#### clojure_" label))
        (print (str text))))))

(defn -main [seed]
  (let [seed (Integer/parseInt seed)]
    (seen "ex_info" #(charge seed))
    (seen "bang" #(refund-order! seed))
    (seen "in_function" #(in-function seed))
    (seen "in_named" #(in-named seed))
    (seen "divided" #(divided seed))
    (seen "wrapped" #(wrapped seed))
    (seen "many_arguments" #(many-arguments seed 1 2))
    (seen "record" #(load-order (->OnDisk) seed))
    (seen "reified" #(reified seed))
    (seen "method" #(ship {:kind :air :id seed}))
    (flush)))
